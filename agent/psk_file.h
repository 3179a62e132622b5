/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_PSK_FILE_H
#define _AGENT_PSK_FILE_H

#include <gnutls/gnutls.h>

#define PSK_IDENTITY_MAX 128

/* Pre-shared keys by identity, as psktool(1) writes them: IDENTITY:HEX, one per line. */
struct psk_file {
	gnutls_datum_t text;
};

int psk_file_load(struct psk_file *file, const char *path);
int psk_file_find(const struct psk_file *file, const char *wanted, char identity[PSK_IDENTITY_MAX + 1],
		  gnutls_datum_t *key);
void psk_file_free(struct psk_file *file);

#endif /* _AGENT_PSK_FILE_H */
