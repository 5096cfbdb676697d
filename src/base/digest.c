/*
 * Digests: SHA-256 of memory and of files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/file.h"
#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

static struct digest_text as_text(const unsigned char bytes[crypto_hash_sha256_BYTES])
{
    struct digest_text text;
    sodium_bin2hex(text.hex, sizeof(text.hex), bytes, crypto_hash_sha256_BYTES);
    return text;
}

struct digest_text digest_of(const void *bytes, size_t len)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, len);
    return as_text(hash);
}

struct digest_sum {
    crypto_hash_sha256_state state;
};

struct digest_sum *digest_begin(TALLOC_CTX *mem)
{
    struct digest_sum *sum = mem_new(mem, struct digest_sum);
    crypto_hash_sha256_init(&sum->state);
    return sum;
}

void digest_add(struct digest_sum *sum, const void *bytes, size_t len)
{
    crypto_hash_sha256_update(&sum->state, bytes, len);
}

struct digest_text digest_end(struct digest_sum *sum)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&sum->state, hash);
    return as_text(hash);
}

bool digest_of_file(const char *path, struct digest_text *out, struct error *err)
{
    SCRATCH(tmp);
    unsigned char *chunk = mem_array(tmp, unsigned char, CHUNK_SIZE);
    struct digest_sum *sum = digest_begin(tmp);
    int fd;
    TRY(file_open(path, &fd, err));
    ssize_t n;
    while ((n = read(fd, chunk, CHUNK_SIZE)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0)
            digest_add(sum, chunk, (size_t)n);
    }
    int cause = errno;
    close(fd);
    if (n < 0)
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", path, strerror(cause));
    *out = digest_end(sum);
    return true;
}
