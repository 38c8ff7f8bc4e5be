/* SPDX-License-Identifier: BSD-3-Clause */
/** What the errors of a share mean to its administrator. */
#ifndef HANDFAST_SHARE_ERROR_H
#define HANDFAST_SHARE_ERROR_H

/** @param error -errno of a share. @return constant words, never NULL. Threads: any. */
const char *share_error_text(int error);

#endif
