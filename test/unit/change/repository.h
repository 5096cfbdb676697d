/*
 * Repository: a git repository in a tree, for one test.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_CHANGE_REPOSITORY_H
#define TEST_CHANGE_REPOSITORY_H

#include "tree.h"

#include "base/process.h"

// Run git in the tree; `line` is cut at blanks.
static inline char *repository_git(struct tree *tree, const char *line)
{
    const char *argv[32] = {"git"};
    char *rest = mem_strdup(tree, line);
    size_t n = 1;
    for (char *word; (word = strsep(&rest, " ")) != NULL && n < 31;)
        argv[n++] = word;
    struct process_options options = {.argv = argv, .folder = tree->folder, .timeout_ms = 60000};
    struct process_result result;
    struct error err = {0};
    if (!process_run(tree, &options, &result, &err) || result.status != 0)
        fail_msg("git %s: %s%s", line, err.message, err.code == ERROR_NONE ? result.errors : "");
    result.output[strcspn(result.output, "\n")] = '\0';
    return result.output;
}

// Nothing of the user's configuration may decide a test.
static inline void repository_environment(void)
{
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("GIT_AUTHOR_NAME", "T", 1);
    setenv("GIT_AUTHOR_EMAIL", "t@example.com", 1);
    setenv("GIT_COMMITTER_NAME", "T", 1);
    setenv("GIT_COMMITTER_EMAIL", "t@example.com", 1);
}

static inline struct tree *repository_make(TALLOC_CTX *mem)
{
    struct tree *tree = tree_make(mem);
    repository_environment();
    repository_git(tree, "init -q -b main");
    return tree;
}

static inline void repository_commit(struct tree *tree, const char *subject)
{
    repository_git(tree, "add -A");
    repository_git(tree, mem_printf(tree, "commit -q --allow-empty -m %s", subject));
}

#endif
