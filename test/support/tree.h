/*
 * Tree: a folder of files for one test, made from text and gone with it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_TREE_H
#define TEST_SUPPORT_TREE_H

#include "base/file.h"
#include "expect.h"
#include <sys/wait.h>
#include <unistd.h>

struct tree {
    char *folder;
};

static inline int tree_remove(struct tree *tree)
{
    char *const argv[] = {(char[]){"rm"}, (char[]){"-rf"}, tree->folder, NULL};
    pid_t child = fork();
    if (child == 0) {
        execvp("rm", argv);
        _exit(127);
    }
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static inline struct tree *tree_make(TALLOC_CTX *mem)
{
    struct tree *tree = mem_new(mem, struct tree);
    tree->folder = mem_strdup(tree, "/tmp/tminus-test-XXXXXX");
    assert_non_null(mkdtemp(tree->folder));
    talloc_set_destructor(tree, tree_remove);
    return tree;
}

static inline char *tree_path(struct tree *tree, const char *name)
{
    return file_join(tree, tree->folder, name);
}

static inline char *tree_write(struct tree *tree, const char *name, const char *text)
{
    struct error err = {0};
    char *path = tree_path(tree, name);
    assert_true(file_make_folders(file_folder(tree, path), 0755, &err));
    if (!file_write(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.message);
    return path;
}

#endif
