/*
 * The list of handlers and its grace period: sys/arch/x86/x86/nmi.c, with
 * pserialize_perform() (sys/kern/subr_pserialize.c) and the cross call below
 * it (sys/kern/subr_xcall.c).
 *
 * Each CPU takes NMIs, at any moment, and the cross call's interrupt, never in
 * an NMI.  On two CPUs a thread registers and removes a handler, REPEAT times;
 * PANIC: on the way the machine may panic.  One more handler, the oldest,
 * stays all the time.  A step is one access to what is shared.
 *
 * Assumed: memory is seen in the order it is written (x86, and
 * atomic_store_release where the compiler could change it); mutexes work.
 *
 * CHECK: -DCPUS=2 -DNMIS=2 -DREPEAT=1
 * CHECK: -DCPUS=2 -DNMIS=1 -DREPEAT=2
 * CHECK: -DCPUS=2 -DNMIS=1 -DREPEAT=1 -DPANIC
 * EXHAUSTIVE: -DCPUS=3 -DNMIS=1 -DREPEAT=2
 * EXHAUSTIVE: -DCPUS=3 -DNMIS=2 -DREPEAT=1
 * EXHAUSTIVE: -DCPUS=3 -DNMIS=1 -DREPEAT=1 -DPANIC
 *
 * Each of these leaves one protection out, and is rejected for the reason behind
 * it: the assertion of that text.
 * WITH: -DCPUS=2 -DNMIS=2 -DREPEAT=1
 * BROKEN: NO_GRACE_PERIOD: live[n]
 * BROKEN: ACK_IN_NMI: live[n]
 * BROKEN: LOCK_DROPPED: !(psz_busy)
 * BROKEN: FREE_AFTER_PANIC -DPANIC: live[n]
 * BROKEN: NEXT_CLEARED: last==1
 * BROKEN: PUBLISHED_EARLY: last==1
 * BROKEN: NO_LOCK: psz_busy
 * BROKEN: INTERRUPTS_OFF: invalid end state
 * BROKEN: PANIC_WAITS -DPANIC: invalid end state
 */

#define NIL	0
#define OLDEST	1		/* the record of the handler that stays */
#define RECORDS	4		/* 1 .. RECORDS - 1 */
#define WRITERS	2		/* on CPUs 0 and 1 */
#define NOT_HELD 255

#ifdef PANIC
#define panic_may_come true
#else
#define panic_may_come false
#endif

byte head = OLDEST;
byte next[RECORDS];		/* n_next */
bool live[RECORDS];		/* kmem_zalloc() to kmem_free() */
bool removed[RECORDS];		/* nmi_disestablish() has returned */
byte lock = NOT_HELD;		/* nmi_list.lock: by whom */
bool psz_busy;
bool xc_pending[CPUS];		/* xs_pending */
byte xc_left;			/* xs_left */
bool in_nmi[CPUS];
bool deaf[CPUS];		/* interrupts are off */
bool panicstr;
byte done;			/* writers that have finished */

#define not_removed	(!removed[n])
#define allocated	(live[n])
#define all_called	(last == OLDEST)
#define one_writer	(!psz_busy)
#define found		(p != NIL || head == mine)

/* A thread does nothing while its CPU is in an NMI. */
#define T(me)		(!in_nmi[me])

/* nmi_call_all() */
inline dispatch(me) {
	n = head;		/* atomic_load_consume(&nmi_list.head) */
	last = NIL;
	do
	:: n == NIL -> break
	:: else ->
		atomic {
			assert(allocated);	/* note_call(), n_func, n_arg */
			assert(not_removed)
		}
		/* The handler runs: its code and argument are needed until it returns. */
		atomic {
			assert(not_removed);
			last = n
		}
		atomic {
			assert(allocated);
			n = next[n]	/* atomic_load_consume(&n->n_next) */
		}
	od;
	assert(all_called)
}

proctype cpu(byte me)
{
	byte n, last, nmis;

end:
	do
	:: atomic { nmis < NMIS -> nmis++; in_nmi[me] = true }
		dispatch(me);
		atomic { in_nmi[me] = false; last = NIL }
	/*
	 * xc_ipi_handler(): interrupts are off in an NMI, and in a CPU that
	 * a panic has stopped.
	 */
	:: atomic {
		T(me) && xc_pending[me] && !deaf[me] && !panicstr ->
		xc_pending[me] = false; xc_left--
	}
	od
}

#ifdef ACK_IN_NMI
/* The acknowledgement of a non-maskable interrupt. */
proctype acknowledge(byte me)
{
end:
	do
	:: atomic { xc_pending[me] -> xc_pending[me] = false; xc_left-- }
	od
}
#endif

/* mutex_enter(&nmi_list.lock): sleeps or spins, with interrupts on */
inline enter(me) {
#ifdef INTERRUPTS_OFF
	atomic { T(me) -> deaf[me] = true }
#endif
#ifdef NO_LOCK
	atomic { T(me) -> lock = me };
#else
	atomic { T(me) && lock == NOT_HELD -> lock = me };
#endif
#ifdef INTERRUPTS_OFF
	atomic { T(me) -> deaf[me] = false }
#endif
}

inline leave(me) {
	atomic { T(me) -> lock = NOT_HELD }
}

/* pserialize_perform(): xc_wait(xc_broadcast()) */
inline perform(me) {
	if
	:: atomic { T(me) && panicstr -> skip }
	:: atomic { T(me) && !panicstr -> assert(one_writer); psz_busy = true };
		/* xc_post(): wait for our turn; ask everybody */
		atomic {
			T(me) && xc_left == 0 ->
			for (c : 0 .. CPUS - 1) {
				xc_pending[c] = true
			}
			c = 0;
			xc_left = CPUS
		};
		/* xc_wait() */
#ifdef PANIC_WAITS
		T(me) && xc_left == 0;
#else
		T(me) && (xc_left == 0 || panicstr);
#endif
		atomic { T(me) -> psz_busy = false }
	fi
}

proctype writer(byte me)
{
	byte mine, p, i, c;

	do
	:: atomic { T(me) && i == REPEAT -> break }
	/* nmi_establish() */
	:: atomic {
		T(me) && i < REPEAT ->
		i++;
		if
		:: !live[2] -> mine = 2
		:: live[2] -> mine = 3
		fi;
		assert(!live[mine]);
		live[mine] = true; removed[mine] = false; next[mine] = NIL
	};
	enter(me);
#ifdef PUBLISHED_EARLY
	atomic { T(me) -> p = head };
	atomic { T(me) -> head = mine };
	atomic { T(me) -> next[mine] = p; p = NIL };
#else
	atomic { T(me) -> next[mine] = head };
	atomic { T(me) -> head = mine };
#endif
	leave(me);

	/* nmi_disestablish() */
	enter(me);
	/* nmi_find(): p is the record before it, NIL if it is the first. */
	if
	:: atomic { T(me) && head == mine -> p = NIL }
	:: atomic { T(me) && head != mine ->
		p = head;
		do
		:: p == NIL || next[p] == mine -> break
		:: else -> p = next[p]
		od }
	fi;
	atomic {
		T(me);
		assert(found);
		/* atomic_store_release(np, n->n_next) */
		if
		:: p == NIL -> head = next[mine]
		:: else -> next[p] = next[mine]
		fi;
		p = NIL
	};
#ifdef NEXT_CLEARED
	atomic { T(me) -> next[mine] = NIL };
#endif
#ifdef LOCK_DROPPED
	leave(me);
#endif
#ifndef NO_GRACE_PERIOD
	perform(me);
#endif
#ifndef LOCK_DROPPED
	leave(me);
#endif
	if
#ifndef FREE_AFTER_PANIC
	/* Not waited for: so what the CPUs may stand on stays. */
	:: atomic { T(me) && panicstr -> break }
	:: atomic { T(me) && !panicstr -> removed[mine] = true };
#else
	:: atomic { T(me) && !panicstr -> removed[mine] = true };
	:: atomic { T(me) && panicstr -> skip };
#endif
	fi;
	atomic { T(me) -> live[mine] = false; next[mine] = NIL; mine = NIL }
	od;
	done++
}

init {
	atomic {
		byte c;

		live[OLDEST] = true;
		for (c : 0 .. CPUS - 1) {
			run cpu(c);
#ifdef ACK_IN_NMI
			run acknowledge(c);
#endif
		}
		run writer(0);
		run writer(1)
	};
	do
	:: atomic { panic_may_come && !panicstr -> panicstr = true }
	:: done == WRITERS -> break
	od;
	assert(panicstr || (head == OLDEST && next[OLDEST] == NIL && lock == NOT_HELD))
}
