/*
 * Who we are.  The build id is the linker's checksum of the image, so two
 * builds of one source carry the same and no date is needed.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/vers.h>

const char ostype[] = "NMI";
const char osrelease[] = "0.1";
char version[80];
char buildid[41];

/* The note: three words, "GNU" and its NUL, then 20 bytes. */
extern const uint8_t __build_id_note[];
#define BUILD_ID_OFFSET	16
#define BUILD_ID_SIZE	20

void
version_init(void)
{
	for (size_t i = 0; i < BUILD_ID_SIZE; i++)
		snprintf(buildid + 2 * i, 3, "%02x",
		    __build_id_note[BUILD_ID_OFFSET + i]);
	snprintf(version, sizeof(version), "%s kernel %s (amd64), build id %s",
	    ostype, osrelease, buildid);
}
