// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints are made here, once.
 */
#include "channel.h"
#include "device.h"
#include "session.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
