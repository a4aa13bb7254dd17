/*
 * nmi_example(4): a complete NMI client, to be copied by whoever writes one.
 *
 * It stands for a device that asks for attention by NMI.  The "device" is a
 * word for each CPU that the operator sets with "nmi_example arm"; the next
 * NMI of that CPU, whoever sent it, is then ours, and only that one.  A real
 * driver reads a status register where this one reads the word.
 *
 * Three contexts, and what each may do:
 *
 *	thread		everything: sleep, allocate, take mutexes, printf.
 *	interrupt	no sleeping; spin mutexes, softint_schedule, printf.
 *	NMI		atomics, data of this CPU, nmi_printf, nmi_defer.
 *			Nothing else: it may have interrupted the holder of
 *			any lock, on this very CPU.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/console.h>
#include <sys/device.h>
#include <sys/intr.h>
#include <sys/mutex.h>
#include <sys/percpu.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/nmi.h>

/* One for each CPU: what only its own NMIs count needs no atomics. */
struct example_cpu {
	uint64_t ec_seen;		/* NMIs we were asked about */
	uint64_t ec_claimed;
	volatile u_int ec_armed;	/* set by a thread, so atomic */
};

static struct example_softc {
	nmi_handler_t *sc_nmi;		/* NULL: not attached */
	percpu_t *sc_percpu;		/* of struct example_cpu */
	volatile u_int sc_waiting;	/* CPUs armed; all CPUs change it */
	kmutex_t sc_lock;		/* threads only: */
	u_int sc_rounds;		/* times that all have answered */
} example_softc;

/* Thread context, soon after the NMI: here a lock may be waited for. */
static void
example_answered(void *arg)
{
	struct example_softc *sc = arg;
	u_int round;

	mutex_enter(&sc->sc_lock);
	round = ++sc->sc_rounds;
	mutex_exit(&sc->sc_lock);
	printf("nmi_example: every CPU has answered, round %u\n", round);
}

/*
 * NMI context, perhaps on all CPUs at once; on one CPU never twice at a time.
 * => nonzero: the NMI was ours.  When in doubt say 0, for an NMI that is
 *    claimed wrongly hides the one that nobody else would have claimed.
 */
static int
example_nmi(const struct trapframe *tf, void *arg)
{
	struct example_softc *sc = arg;
	struct example_cpu *ec = percpu_getref(sc->sc_percpu);
	char where[80];
	int claim = 0;

	ec->ec_seen++;
	/* A load first: it is cheaper, and mostly the NMI is not ours. */
	if (ec->ec_armed != 0 && atomic_swap_uint(&ec->ec_armed, 0) != 0) {
		ec->ec_claimed++;
		claim = 1;
		nmi_printf("nmi_example: %s was at %s\n", cpu_name(curcpu()),
		    ksyms_format(where, sizeof(where), tf->tf_rip));
		/* One of them comes last, and that one alone sees 0. */
		if (atomic_dec_uint_nv(&sc->sc_waiting) == 0)
			(void)nmi_defer(NMI_DEFER_THREAD, example_answered, sc);
	}
	percpu_putref(sc->sc_percpu);
	return claim;
}

/* Thread context.  All that the handler uses is there before it can run. */
static void
example_attach(void)
{
	struct example_softc *sc = &example_softc;

	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_NONE);
	sc->sc_percpu = percpu_alloc(sizeof(struct example_cpu));
	sc->sc_nmi = nmi_establish(example_nmi, sc);
	if (sc->sc_nmi == NULL) {
		printf("nmi_example: no memory\n");
		percpu_free(sc->sc_percpu, sizeof(struct example_cpu));
	}
}
DEVICE_DRIVER(nmi_example, example_attach);

/* Thread context.  The handler goes first: after that no CPU is in it. */
static void
example_detach(void)
{
	struct example_softc *sc = &example_softc;

	nmi_disestablish(sc->sc_nmi);
	sc->sc_nmi = NULL;
	percpu_free(sc->sc_percpu, sizeof(struct example_cpu));
	/* The mutex stays: a deferred call may still be on its way to it. */
}

/* Thread context, for each CPU; its NMIs meanwhile see all or nothing. */
static void
example_arm(void *data, void *arg, struct cpu_info *ci __unused)
{
	struct example_softc *sc = arg;
	struct example_cpu *ec = data;

	atomic_inc_uint(&sc->sc_waiting);	/* first: it may come at once */
	if (atomic_swap_uint(&ec->ec_armed, 1) != 0)
		atomic_dec_uint(&sc->sc_waiting);	/* it was already */
}

static void
example_show(void *data, void *arg __unused, struct cpu_info *ci)
{
	const struct example_cpu *ec = data;

	printf_nolog("%s: %lu seen, %lu claimed%s\n", cpu_name(ci),
	    ec->ec_seen, ec->ec_claimed, ec->ec_armed != 0 ? ", armed" : "");
}

static int
cmd_nmi_example(int argc, char **argv)
{
	struct example_softc *sc = &example_softc;

	bool arm = argc == 2 && strcmp(argv[1], "arm") == 0;
	bool detach = argc == 2 && strcmp(argv[1], "detach") == 0;

	if (argc != 1 && !arm && !detach)
		return EINVAL;
	if (sc->sc_nmi == NULL)
		printf_nolog("nmi_example: not attached\n");
	else if (arm)
		percpu_foreach(sc->sc_percpu, example_arm, sc);
	else if (detach)
		example_detach();
	else
		percpu_foreach(sc->sc_percpu, example_show, NULL);
	return 0;
}
CONSOLE_COMMAND(nmi_example, cmd_nmi_example, "[arm | detach]",
    "claim each CPU's next NMI; the counts");
