/*
 * Key: see key.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/key.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SIZE_MAX ((size_t)4096)

static bool fail_there(const char *path, struct error *err)
{
    error_set(err, ERROR_POLICY, "%s: there is a key already", path);
    return error_hint(err, "`tminus journal key --public` prints its public half; bundles that it "
                           "signed need it, so move it away rather than delete it");
}

bool key_make(TALLOC_CTX *mem, const char *path, struct signature_pair **out, struct error *err)
{
    SCRATCH(tmp);
    // Made empty first, so that of two who make one only one goes on.
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail_there(path, err);
    if (fd < 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be made: %m", path);
    close(fd);
    struct signature_pair *pair = signature_make_pair(mem);
    const char *pem = secret_reveal(signature_write_pair(tmp, pair));
    if (!file_write(path, pem, strlen(pem), 0600, err)) {
        unlink(path);
        return false;
    }
    *out = pair;
    return true;
}

bool key_read(TALLOC_CTX *mem, const char *path, struct signature_pair **out, struct error *err)
{
    SCRATCH(tmp);
    struct stat info;
    char *pem;
    size_t len;
    if (stat(path, &info) != 0 && errno == ENOENT) {
        error_set(err, ERROR_INPUT, "%s: there is no key to sign with", path);
        return error_hint(err, "`tminus journal key` makes one and prints its public half");
    }
    TRY(file_read(tmp, path, KEY_SIZE_MAX, &pem, &len, err));
    if (stat(path, &info) == 0 && (info.st_mode & 077) != 0) {
        error_set(err, ERROR_INPUT, "%s: others may read this key", path);
        return error_hint(err, "chmod 600 %s; make a new one when somebody may have read it", path);
    }
    return signature_read_pair(mem, path, secret_reveal(secret_make(tmp, pem)), out, err);
}
