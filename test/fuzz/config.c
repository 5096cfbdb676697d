/*
 * Configuration: any text is a configuration or an error with a place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config.h"
#include "target.h"
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    struct error err = {0};
    int fd = memfd_create("tminus.yaml", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        bug("no file in memory");
    struct config *config = NULL;
    struct config_problems problems = {0};
    char *path = mem_printf(tmp, "/proc/self/fd/%d", fd);
    if (config_check(tmp, path, /* expand= */ true, &config, &problems, &err) && config == NULL)
        bug("neither a configuration nor an error");
    close(fd);
    return 0;
}
