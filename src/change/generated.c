/*
 * Generated files: lock files, vendored code and what a program wrote, which nobody reviews line by
 * line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/generated.h"
#include "base/file.h"
#include "base/text.h"
#include "change/line.h"

// Source: github-linguist, lib/linguist/generated.rb and vendor.yml, the ones that are common.
static const char *const patterns[] = {
    "**/package-lock.json",
    "**/npm-shrinkwrap.json",
    "**/yarn.lock",
    "**/pnpm-lock.yaml",
    "**/bun.lock",
    "**/bun.lockb",
    "**/deno.lock",
    "**/Gemfile.lock",
    "**/Cargo.lock",
    "**/composer.lock",
    "**/poetry.lock",
    "**/uv.lock",
    "**/pdm.lock",
    "**/Pipfile.lock",
    "**/mix.lock",
    "**/pubspec.lock",
    "**/Podfile.lock",
    "**/Package.resolved",
    "**/flake.lock",
    "**/go.sum",
    "**/go.work.sum",
    "**/gradle.lockfile",
    "**/packages.lock.json",
    "**/*.min.js",
    "**/*.min.css",
    "**/*.map",
    "**/*.bundle.js",
    "**/*_pb2.py",
    "**/*_pb2.pyi",
    "**/*_pb2_grpc.py",
    "**/*.pb.go",
    "**/*.pb.cc",
    "**/*.pb.h",
    "**/*_pb.rb",
    "**/*_pb.js",
    "**/*_pb.ts",
    "**/*.g.dart",
    "**/*.designer.cs",
    "**/*.Designer.cs",
    "**/__generated__/**",
    "**/*.snap",
    "**/vendor/**",
    "**/node_modules/**",
    "**/third_party/**",
    "**/Godeps/**",
    "**/Pods/**",
    "**/.yarn/**",
    "**/dist/**/*.js",
    "**/db/schema.rb",
    "**/db/structure.sql",
};

bool path_matches(const char *glob, const char *path)
{
    // As in .gitignore: a pattern without a slash means the name, in any folder.
    return text_glob_match(glob, strchr(glob, '/') == NULL ? file_base(path) : path);
}

bool generated_by_path(const char *path, const struct config *config)
{
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        if (text_glob_match(patterns[i], path))
            return true;
    for (size_t i = 0; config != NULL && i < config->n_generated; i++)
        if (path_matches(config->generated[i], path))
            return true;
    return false;
}

#define HEAD_LINES 20

// Source: go.dev/s/generatedcode ("^// Code generated .* DO NOT EDIT\.$"); "@generated" is what
// protoc-gen-es, Rust's and Meta's tools write.
bool generated_by_text(const char *head)
{
    for (struct line line = {.text = head};
         line.number < HEAD_LINES && line_next(&line, strlen(head));) {
        SCRATCH(tmp);
        const char *text = line_copy(tmp, &line);
        const char *code = strstr(text, "Code generated ");
        bool is_comment = strspn(text, " \t/*#-;<!'\"") > 0;
        if (code != NULL && is_comment && strstr(code, "DO NOT EDIT") != NULL)
            return true;
        if (is_comment && strstr(text, "@generated") != NULL)
            return true;
    }
    return false;
}
