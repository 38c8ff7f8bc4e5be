/* SPDX-License-Identifier: BSD-3-Clause */
#include "unmap_guard.h"

#include "cert_table_writer.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

#include <rte_interrupts.h>

/* Held while the interrupt thread waits: the table outlives the wait. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cert_table *guarded; /* under the lock */

static void set(struct cert_table *table)
{
	pthread_mutex_lock(&lock);
	guarded = table;
	pthread_mutex_unlock(&lock);
}

void unmap_guard_arm(struct cert_table *table)
{
	set(table);
}

void unmap_guard_disarm(void)
{
	set(NULL);
}

static void wait_for_workers(void)
{
	pthread_mutex_lock(&lock);
	if (guarded)
		cert_table_writer_synchronize(guarded);
	pthread_mutex_unlock(&lock);
}

/* In place of libc's, for this program and the libraries it loads; libc's own calls do not come here. */
int munmap(void *address, size_t length)
{
	int (*unmap)(void *, size_t);
	/* libc's, or a sanitiser's, which has to know. */
	*(void **)&unmap = dlsym(RTLD_NEXT, "munmap");
	if (!unmap) {
		errno = ENOSYS;
		return -1;
	}
	if (rte_thread_is_intr())
		wait_for_workers();
	return unmap(address, length);
}
