/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_UUID_H
#define _AGENT_UUID_H

#include <stdint.h>

#define UUID_LEN 16
#define UUID_TEXT_LEN 36

int uuid_random(uint8_t uuid[UUID_LEN]);
int uuid_parse(const char *text, uint8_t uuid[UUID_LEN]);
void uuid_format(const uint8_t uuid[UUID_LEN], char text[UUID_TEXT_LEN + 1]);

#endif /* _AGENT_UUID_H */
