/*
 * Stopping the machine and going on: sys/arch/x86/x86/nmi_ipi.c, with
 * nmi_unclaimed() and nmi_act() (nmi_unclaimed.c), nmi_absorb() (nmi_trap.c),
 * db_nmi(), resume() and release() (sys/ddb/db_trap.c).
 *
 * EVENTS times somebody presses the debug switch: an NMI to all CPUs at once.
 * What is asked: none starts a session that the debugger was not asked for
 * (a stray one), none goes without an answer, and everybody goes on.
 *
 * The stub's latch is one step here (latch.pml shows that it is right): an
 * NMI that comes in an NMI, unblocked, is counted and pending.  Every CPU is a
 * process; with DEBUGGER cpu0 also enters the debugger by itself, from a thread.
 * SLOW handlers, called before ours, take longer than the owner waits, and
 * may end the blocking of NMIs, as any handler.  BUS: an NMI sent by a CPU
 * arrives some time later, or two of them as one.
 *
 * Assumed: an NMI of the bus that was sent arrives before the receiver has
 * paused GO_PAUSES times; a CPU that runs no slow handler stops before the owner
 * gives it up.
 *
 * CHECK: -DCPUS=2 -DEVENTS=2 -DSLOW=1
 * CHECK: -DCPUS=2 -DEVENTS=2 -DSLOW=1 -DBUS
 * CHECK: -DCPUS=2 -DEVENTS=2 -DSLOW=0 -DDEBUGGER
 * CHECK: -DCPUS=2 -DEVENTS=1 -DSLOW=1 -DDEBUGGER -DBUS
 * CHECK: -DCPUS=3 -DEVENTS=1 -DSLOW=0
 * EXHAUSTIVE: -DCPUS=2 -DEVENTS=3 -DSLOW=2 -DBUS
 * EXHAUSTIVE: -DCPUS=2 -DEVENTS=3 -DSLOW=0 -DDEBUGGER
 * EXHAUSTIVE: -DCPUS=2 -DEVENTS=2 -DSLOW=1 -DDEBUGGER -DBUS
 * EXHAUSTIVE: -DCPUS=3 -DEVENTS=1 -DSLOW=0 -DBUS
 * EXHAUSTIVE: -DCPUS=3 -DEVENTS=2 -DSLOW=0
 *
 * Each of these leaves one protection out, and is rejected by the assertion with
 * that text (an owner other than nobody, 255, at the end: a CPU that hangs).
 * WITH: -DCPUS=2 -DEVENTS=2 -DSLOW=1
 * BROKEN: NO_ABSORB: credit>0
 * BROKEN: NO_UNBLOCK: credit>0
 * BROKEN: CLAIMED_ONCE: owner==255
 * BROKEN: NO_CAS: owner==255
 * BROKEN: SENT_BEFORE_NOTED: owner==255
 * BROKEN: NO_LATE: credit>0
 * BROKEN: PENDING_READ_FIRST: credit>0
 * BROKEN: SENT_ONCE_MORE -DDEBUGGER -DSLOW=0: credit>0
 * BROKEN: LATE_KEEPS_AGAIN -DDEBUGGER -DEVENTS=1: violated unanswered
 * BROKEN: RETAKEN_ANYHOW -DDEBUGGER -DSLOW=0: violated unanswered
 * BROKEN: AGAIN_IN_TWO -DDEBUGGER -DSLOW=0: !(unanswered)
 */

#define NOT_PARKED 255
#define FREE	255

/* stop_word: always written as one */
byte owner = FREE;		/* STOP_OWNER */
byte session;			/* STOP_SESSION */
byte go;			/* stop_go: sessions below it may leave */

/* The CPU, and what its stub keeps. */
bool waiting[CPUS];		/* one is latched by the hardware */
bool blocked[CPUS];
bool busy[CPUS];		/* in NMI */
bool pending[CPUS];
byte latched[CPUS];
bool bus[CPUS];			/* sent, not arrived */

/* struct nmi_cpu */
bool ipi[CPUS];			/* nc_ipi: NMI_IPI_STOP */
bool again[CPUS];		/* nc_again */
byte parked[CPUS];		/* nc_parked: the session */

bool slow[CPUS];		/* in a handler that takes long */
byte events, slows, debuggers;	/* so many have been */
bool unanswered;		/* the last event */
byte credit;			/* sessions that may still begin for the events so far */

/* The owner has seen it: "staying in debugger". */
inline stay() {
	unanswered = false;
	credit = 0
}

/* An NMI reaches a CPU. */
inline deliver(c) {
	if
	:: busy[c] && !blocked[c] -> pending[c] = true; latched[c]++	/* nmi_latch */
	:: else -> waiting[c] = true
	fi
}

inline send(c) {
#ifdef BUS
	bus[c] = true
#else
	deliver(c)
#endif
}

/* x86_nmi_unblock(), in an NMI */
inline unblock(c) {
	atomic {
		blocked[c] = false;
		if
		:: waiting[c] -> waiting[c] = false; pending[c] = true; latched[c]++
		:: else
		fi
	}
}

/* for (i < GO_PAUSES) x86_pause() */
inline pauses(c) {
	!bus[c]
}

/* nmi_latched_before() */
inline latched_before(me) {
#ifdef PENDING_READ_FIRST
	since = pending[me];
	since = latched[me] - since
#else
	do
	:: n = latched[me];
		since = n - pending[me];
		if
		:: atomic { n == latched[me] -> n = 0; break }
		:: atomic { n != latched[me] -> n = 0 }
		fi
	od
#endif
}

/* nmi_absorb(): result in absorbed; "mine": by the owner, who answers */
inline absorb(me, from, mine) {
	if
	:: atomic { latched[me] == from -> absorbed = false }
	:: atomic { latched[me] != from -> absorbed = true };
		do
		:: pending[me] = false;
			atomic {
				n = latched[me] - from;
				if
				:: mine -> stay()
				:: else
				fi
			};
			if
			:: atomic { !pending[me] -> break }
			:: pending[me]
			fi
		od;
		atomic { latched[me] = latched[me] - n; n = 0 }
	fi
}

/* nmi_unpark() */
inline unpark(me) {
	pauses(me);
#ifdef NO_ABSORB
	absorbed = false;
#else
	absorb(me, since, false);
#endif
	if
	:: ipi[me] ->
		/* Until it is there, or GO_WAIT_US are over. */
		do
		:: atomic { absorbed || !bus[me] -> break }
		:: atomic { !absorbed && bus[me] -> !bus[me] };
			absorb(me, since, false)
		od;
		ipi[me] = false
	:: else
	fi;
	again[me] = false;
	atomic { parked[me] = NOT_PARKED; absorbed = false }
}

/* nmi_park(): result in stopped */
inline park(me) {
	latched_before(me);
	stopped = false;
	do
	:: atomic {
		/* the while()'s condition: the word, then stop_go */
		owner != FREE && owner != me -> word = session };
		if
		:: atomic { go > word -> break }
		:: else
		fi;
		parked[me] = word;
#ifndef NO_UNBLOCK
		unblock(me);
#endif
		go > word;
		unpark(me);
		stopped = true
	:: atomic { owner == FREE || owner == me -> break }
	od;
	atomic { since = 0; word = 0 }
}

/* nmi_late() */
inline late(me) {
#ifdef NO_LATE
	skip
#else
	latched_before(me);
	unblock(me);
	pauses(me);
	absorb(me, since, false);
#ifndef LATE_KEEPS_AGAIN
	again[me] = false;
#endif
	atomic { since = 0; absorbed = false }
#endif
}

/* nmi_ipi_handler(): result in claimed */
inline ipi_handler(me) {
	if
	:: atomic { !ipi[me] -> claimed = false }
	:: atomic { ipi[me] -> claimed = true };
		do
		:: atomic { ipi[me] -> ipi[me] = false };
			park(me);
			if
			:: stopped
			:: !stopped -> late(me)
			fi;
#ifdef CLAIMED_ONCE
			break
#endif
		:: atomic { !ipi[me] -> break }
		od
	fi
}

/* nmi_stop_try(): result in got; may be called by whoever owns it already */
inline stop_try(me) {
#ifdef NO_CAS
	if
	:: owner == FREE -> got = true
	:: else -> got = false
	fi;
#endif
	atomic {
		if
#ifdef NO_CAS
		:: got
#else
		:: owner == FREE
#endif
			->
			assert(owner == FREE);
			assert(credit > 0);	/* else a stray session */
			owner = me; got = true; credit--; unanswered = false
		:: else -> got = false
		fi
	};
	if
	:: got -> since_taken = latched[me]	/* stop_latched */
	:: else
	fi
}

/* stop_send() */
inline stop_send(me) {
	c = 0;
	do
	:: atomic { c == CPUS -> c = 0; break }
	:: atomic { c < CPUS && (c == me || parked[c] == session || ipi[c]) -> c++ }
	:: atomic { c < CPUS && c != me && parked[c] != session && !ipi[c] -> skip };
#ifdef SENT_BEFORE_NOTED
		atomic { send(c) };
		atomic { ipi[c] = true; c++ }
#else
		ipi[c] = true;
		atomic { send(c); c++ }
#endif
	od
}

#define stopped_or_given_up(c, me) \
	(c == me || parked[c] == session || slow[c])

#if CPUS == 2
#define all_stopped(me)	(stopped_or_given_up(0, me) && stopped_or_given_up(1, me))
#define all_left()	(parked[0] != session && parked[1] != session)
#else
#define all_stopped(me)	(stopped_or_given_up(0, me) && stopped_or_given_up(1, me) && \
	stopped_or_given_up(2, me))
#define all_left()	(parked[0] != session && parked[1] != session && parked[2] != session)
#endif

/* cpu_stop_begin(), which waits for a moment only; cpu_stop_others() */
inline stop_others(me) {
	stop_send(me);
	all_stopped(me)
}

/* nmi_stop_again(): result in more, by an owner in an NMI */
inline stop_again(me) {
	atomic { more = again[me]; again[me] = false };
	absorb(me, since_taken, true);
	if
	:: absorbed ->
		ipi[me] = false;
		atomic { more = true; absorbed = false }
	:: else
	fi
}

/* cpu_stop_exit() */
inline stop_exit(me) {
	go = session + 1;
	all_left();
	atomic { owner = FREE; session++ }
}

/* An NMI, from the stub's entry to its iretq. */
proctype nmi(byte me)
{
	byte since, word, n, c, since_taken;
	bool absorbed, stopped, claimed, got, more;

end:
	do
	:: atomic {
		waiting[me] && !busy[me] ->
		waiting[me] = false; blocked[me] = true; busy[me] = true
	};
dispatch:
	if
	:: atomic { slows < SLOW -> slows++; slow[me] = true };
		if
		:: unblock(me)
		:: skip
		fi;
		slow[me] = false
	:: skip
	fi;
	ipi_handler(me);
	if
	:: claimed -> goto out
	:: else
	fi;

	/* nmi_unclaimed() */
	if
	:: atomic { owner == me -> again[me] = true; goto out }	/* cpu_stop_mine() */
	:: atomic { owner != me -> skip }
	fi;
	do
	:: stop_try(me);
		if
		:: atomic { got -> break }
		:: else
		fi;
		park(me);
		if
		:: atomic { stopped -> goto out }
		:: else
		fi
	od;
	/* nmi_act(), db_nmi() */
	unblock(me);
	stop_send(me);
	stop_others(me);
	/* resume(): as long as there is another one, stay */
	do
	:: stop_again(me);
		if
		:: more
		:: atomic { !more -> break }
		fi
	od;
	stop_exit(me);
	/* nmi_stop_retake(): nothing, since again is for an owner outside of an NMI */
	assert(!again[me]);
out:
	/* The window, in one step. */
	atomic {
		claimed = false; got = false; stopped = false; more = false; since_taken = 0;
		if
		:: pending[me] -> pending[me] = false; goto dispatch
		:: else -> busy[me] = false; blocked[me] = false; latched[me] = 0
		fi
	}
	od
}

#ifdef DEBUGGER
/*
 * A thread of cpu0 enters the debugger: breakpoint(), that is, stop_others().
 * Each of its steps waits until no NMI is on that CPU.
 */
#define T	(!busy[0] && !waiting[0])

proctype thread()
{
	byte c, word;
	bool more;

	/* cpu_stop_enter(): this answers also what came before */
	atomic { T && owner == FREE -> owner = 0; unanswered = false };
stop:
	/* cpu_stop_others() */
	atomic { T -> c = 1 };
	do
	:: atomic { T && c == CPUS -> break }
	:: atomic { T && c < CPUS && (parked[c] == session || ipi[c]) -> c++ }
	:: atomic { T && c < CPUS && parked[c] != session && !ipi[c] -> skip };
		atomic { T -> ipi[c] = true };
		atomic { T -> send(c); c++ }
	od;
	T && all_stopped(0);
	/* resume(): nmi_stop_again(), not in an NMI */
	do
#ifdef AGAIN_IN_TWO
	:: atomic { T -> more = again[0] };
		atomic { T -> again[0] = false };
#else
	:: atomic { T -> more = again[0]; again[0] = false };
#endif
		if
		:: atomic { T && more -> more = false; stay() }
		:: atomic { T && !more -> break }
		fi
	od;
	/* cpu_stop_exit() */
	atomic { T -> go = session + 1 };
	T && all_left();
	atomic { T -> owner = FREE; session++ };

#ifdef SENT_ONCE_MORE
	if
	:: atomic { T && again[0] -> skip };
		atomic { T -> again[0] = false };
		atomic { T -> deliver(0) }
	:: atomic { T && !again[0] -> skip }
	fi
#else
	/* nmi_stop_retake(): the word, nc_again, stop_take() */
	do
	:: atomic { T && !again[0] -> break }
	:: atomic { T && owner == FREE -> word = session };
		atomic {
			T;
			if
			:: !again[0] -> break
			:: else
			fi
		};
		atomic {
			T;
			if
#ifdef RETAKEN_ANYHOW
			:: owner == FREE ->
#else
			:: owner == FREE && session == word ->
#endif
				owner = 0; goto retaken
			:: else
			fi
		}
	od;
	goto out;
retaken:
	assert(unanswered);
	atomic { T -> again[0] = false; stay(); goto stop };
out:
	skip
#endif
}
#endif

/* A debug switch is pressed. */
proctype world()
{
	byte c;

end:
	do
	:: atomic {
		events < EVENTS ->
		events++; unanswered = true; credit++;
		for (c : 0 .. CPUS - 1) {
			deliver(c)
		}
		c = 0
	}
#ifdef BUS
	:: atomic { bus[0] -> bus[0] = false; deliver(0) }
	:: atomic { bus[1] -> bus[1] = false; deliver(1) }
#if CPUS == 3
	:: atomic { bus[2] -> bus[2] = false; deliver(2) }
#endif
#endif
	od
}

init {
	atomic {
		byte c;

		for (c : 0 .. CPUS - 1) {
			parked[c] = NOT_PARKED;
			run nmi(c)
		}
		run world();
#ifdef DEBUGGER
		run thread()
#endif
	}
	/* When nothing happens any more. */
	timeout ->
	assert(events == EVENTS);
	assert(!unanswered);
	assert(owner == FREE);
	assert(!ipi[0] && !ipi[1]);
	assert(!busy[0] && !busy[1])
}
