/*
 * Why an NMI came: port 0x61, events that hit several CPUs, sources that
 * never stop.  Private to the files that answer unclaimed NMIs.
 */

#ifndef _X86_NMI_CAUSE_H_
#define _X86_NMI_CAUSE_H_

#include <sys/types.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/nmivar.h>

/* nmi_port.c */
#define NMISC_PORT	0x61
#define	NMISC_NONE	0xff		/* no such port here */
#define	NMISC_SERR	0x80		/* PCI SERR#, or a parity error */
#define	NMISC_IOCHK	0x40		/* I/O channel check */
#define	NMISC_SERR_OFF	0x04		/* set and cleared: armed again */
#define	NMISC_IOCHK_OFF	0x08
#define	NMISC_ENABLES	0x0f		/* the bits that are written */
#define	NMISC_OTHERS	0x03		/* those of timer and speaker */
uint8_t nmi_port_read(void);
void nmi_port_write(uint8_t);

/* nmi_cause.c: by the owner of the machine. */
struct nmi_event {
	enum nmi_cause ev_cause;
	uint8_t ev_port;		/* what it read as */
	u_int ev_when;			/* nmi_clock() */
};
bool nmi_event_old(u_int now);		/* part of one that was answered */
void nmi_event_new(struct nmi_event *, u_int now);
void nmi_event_everybody(void);		/* all CPUs have had theirs */
void nmi_event_parked(u_int session);	/* not the owner: was answered */
void nmi_port_mask(enum nmi_cause, bool);	/* any context */

/* The TSC, by a shift and not a division; it wraps.  0: its rate is not known. */
#define NMI_CLOCK_SHIFT		20
#define NMI_CLOCK_SECOND	((u_int)(tsc_freq >> NMI_CLOCK_SHIFT) + 1)
static inline u_int
nmi_clock(void)
{
	return tsc_freq == 0 ? 0 : (u_int)(rdtsc() >> NMI_CLOCK_SHIFT);
}

/* nmi_unclaimed.c: what a report says. */
struct nmi_report {
	struct nmi_action r_action;	/* first: one address for both */
	struct nmi_event r_event;
	u_int r_suppressed;		/* before it, of which nothing was said */
};

/* nmi_storm.c: by the owner of the machine. */
bool nmi_storm(const struct nmi_event *);	/* one too many: now masked */
bool nmi_quarantined(enum nmi_cause);
void nmi_storm_say(const struct nmi_action *, void (*)(const char *, ...));

#endif
