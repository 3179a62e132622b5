// SPDX-License-Identifier: GPL-2.0
/* Pre-shared keys and whose they are, from a file. */
#include <stdbool.h>
#include <string.h>

#include "error.h"
#include "psk_file.h"

/* Fewer bits could be guessed by whoever has recorded a handshake. */
#define KEY_MIN 16

struct entry {
	const char *identity;
	size_t identity_length;
	gnutls_datum_t hex;
};

/* Finds the next entry at or after *@at; 0 at the end, -1 for a line that is none. */
static int next_entry(const struct psk_file *file, size_t *at, struct entry *entry)
{
	const char *text = (const char *)file->text.data;

	while (*at < file->text.size) {
		const char *line = text + *at, *end, *colon;

		end = memchr(line, '\n', file->text.size - *at);
		if (!end)
			end = text + file->text.size;
		*at = end - text + 1;
		if (line == end || *line == '#')
			continue;
		colon = memchr(line, ':', end - line);
		if (!colon || colon == line || colon - line > PSK_IDENTITY_MAX)
			return -1;
		entry->identity = line;
		entry->identity_length = colon - line;
		entry->hex.data = (unsigned char *)colon + 1;
		entry->hex.size = end - colon - 1;
		return 1;
	}
	return 0;
}

/* Keys are not told, not even wrong ones. */
static int check_entry(const struct entry *entry, const char *path)
{
	gnutls_datum_t key;
	bool fine;

	fine = !gnutls_hex_decode2(&entry->hex, &key);
	if (fine) {
		fine = key.size >= KEY_MIN;
		gnutls_memset(key.data, 0, key.size);
		gnutls_free(key.data);
	}
	if (!fine)
		return fail_usage("--tls-psk '%s': the key of '%.*s' is not at least %d bytes in hex", path,
				  (int)entry->identity_length, entry->identity, KEY_MIN);
	return 0;
}

/**
 * psk_file_load() - read keys
 * @file: receives them; psk_file_free() it
 * @path: where they are
 *
 * Return: 0, or -1 with the error recorded.
 */
int psk_file_load(struct psk_file *file, const char *path)
{
	struct entry entry;
	size_t at = 0;
	int err, count = 0;

	err = gnutls_load_file(path, &file->text);
	if (err)
		return fail_usage("--tls-psk '%s' cannot be read", path);
	while ((err = next_entry(file, &at, &entry)) > 0) {
		if (check_entry(&entry, path))
			return -1;
		count++;
	}
	if (err || !count)
		return fail_usage("--tls-psk '%s' has %s", path,
				  err ? "a line that is not IDENTITY:HEX" : "no key");
	return 0;
}

/**
 * psk_file_find() - find a key
 * @file: the keys
 * @wanted: whose, NULL for the first one
 * @identity: receives whose it is
 * @key: receives it; gnutls_free() its data
 *
 * Return: 0, or -1 if there is none, with the error recorded.
 */
int psk_file_find(const struct psk_file *file, const char *wanted, char identity[PSK_IDENTITY_MAX + 1],
		  gnutls_datum_t *key)
{
	struct entry entry;
	size_t at = 0;

	while (next_entry(file, &at, &entry) > 0) {
		if (wanted && (strlen(wanted) != entry.identity_length ||
			       memcmp(wanted, entry.identity, entry.identity_length)))
			continue;
		memcpy(identity, entry.identity, entry.identity_length);
		identity[entry.identity_length] = '\0';
		return gnutls_hex_decode2(&entry.hex, key) ? fail("out of memory") : 0;
	}
	return fail("there is no pre-shared key of the identity '%s'", wanted ? wanted : "");
}

/**
 * psk_file_free() - forget the keys
 * @file: one that psk_file_load() was called for, or all zero
 */
void psk_file_free(struct psk_file *file)
{
	if (!file->text.data)
		return;
	gnutls_memset(file->text.data, 0, file->text.size);
	gnutls_free(file->text.data);
	file->text.data = NULL;
}
