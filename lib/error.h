/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_ERROR_H
#define _LIB_ERROR_H

/* Exit statuses, documented in vfio-mig-agent(8). */
enum status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_ENVIRONMENT,
	STATUS_OUTPUT,
};

#define __printf_like(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

int fail(const char *format, ...) __printf_like(1, 2);
int fail_usage(const char *format, ...) __printf_like(1, 2);
int fail_environment(const char *format, ...) __printf_like(1, 2);

const char *error_text(void);
enum status error_status(void);

#endif /* _LIB_ERROR_H */
