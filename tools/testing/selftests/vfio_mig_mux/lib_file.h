/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of the kernel's that take a word.
 */
#ifndef _LIB_FILE_H_
#define _LIB_FILE_H_

int file_write(const char *path, const char *text);

#endif /* _LIB_FILE_H_ */
