// SPDX-License-Identifier: GPL-2.0
/* Texts that others have written, and that are printed here. */
#include "text.h"

/**
 * text_clean() - make a text of somebody else harmless to print
 * @text: the text, changed in place
 * @length: its length in bytes
 *
 * A terminal may act upon anything that is not printable ASCII: each such byte
 * becomes a question mark, whatever the locale says of it.
 */
void text_clean(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
}
