/* nmi(9): handlers for non-maskable interrupts. */

#ifndef _X86_NMI_H_
#define _X86_NMI_H_

struct trapframe;

typedef struct nmi_handler nmi_handler_t;

nmi_handler_t *nmi_establish(int (*)(const struct trapframe *, void *), void *);
void nmi_disestablish(nmi_handler_t *);
int nmi_dispatch(const struct trapframe *);
void nmi_init(void);

#endif
