/* Tests of the calls that nmi.c makes of nmivar.h; the drop-in has none. */

#ifndef _TESTS_UNIT_NMI_NOTE_H_
#define _TESTS_UNIT_NMI_NOTE_H_

void nmi_note_main(void);

#endif
