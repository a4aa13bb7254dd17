/* The drop-in nmi.c notes nothing: nothing to test. */

#include "nmi_note.h"

void
nmi_note_main(void)
{
}
