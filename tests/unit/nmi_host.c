/*
 * The host's half of the test of nmi.c: threads for CPUs, signals for NMIs,
 * and memory that the sanitizers watch.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "nmi_host.h"

#define NMI_SIGNAL	SIGUSR1

static pthread_t thread[NMI_HOST_THREADS];
static void (*thread_func)(unsigned int);
static atomic_uint nleft;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

void *
nmi_host_alloc(unsigned long size)
{
	return calloc(1, size);
}

void
nmi_host_free(void *p)
{
	free(p);
}

void
nmi_host_yield(void)
{
	sched_yield();
}

static void
on_signal(int sig)
{
	int saved = errno;	/* TSan's own wrapper touches it */

	(void)sig;
	nmi_host_entry();
	errno = saved;
}

void
nmi_host_init(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (sigaction(NMI_SIGNAL, &sa, NULL) != 0)
		die("sigaction");
}

void
nmi_host_self(void)
{
	if (pthread_kill(pthread_self(), NMI_SIGNAL) != 0)
		die("pthread_kill");
}

/* It stays until all have been sent their last NMI: a thread that ended has none. */
static void *
thread_main(void *arg)
{
	(*thread_func)((unsigned int)(unsigned long)arg);
	atomic_fetch_sub(&nleft, 1);
	while (atomic_load(&nleft) != 0)
		sched_yield();
	return NULL;
}

void
nmi_host_storm(unsigned int n, void (*func)(unsigned int))
{
	unsigned int i, left;

	thread_func = func;
	atomic_store(&nleft, n + 1);
	for (i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, thread_main,
		    (void *)(unsigned long)i) != 0)
			die("pthread_create");
	do {
		left = atomic_load(&nleft);
		for (i = 0; i < n; i++)
			pthread_kill(thread[i], NMI_SIGNAL);
		usleep(100);
	} while (left != 1);
	atomic_store(&nleft, 0);
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}
