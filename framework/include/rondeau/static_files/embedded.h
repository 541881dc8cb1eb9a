// embedded: files that are in the program itself.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <rondeau/static_files/files.h>

namespace rondeau::static_files {

/// A file of a table that `rondeau-embed` makes while the program is built.
struct EmbeddedFile {
  std::string_view path;  ///< below the directory, without a leading slash
  std::string_view content;
  std::string_view tag;  ///< made of the content
};

/// As files(), from a table in the program, sorted by path. In meson.build:
///
///     page = custom_target('page', output: 'page.cpp', depfile: 'page.cpp.d',
///       command: [find_program('rondeau-embed'), '@OUTPUT@', '@DEPFILE@', 'page', meson.current_source_dir() /
///       'public'])
///
/// and in the program, where page() is what page.cpp defines:
///
///     std::span<const EmbeddedFile> page();
///     app.merge(embedded("/", page(), {.spa = "index.html"}));
///
/// Nothing is read at run time, nothing is copied, and no Last-Modified is told. Lifetime: the table's is the
/// program's.
routing::Router<> embedded(std::string prefix, std::span<const EmbeddedFile> table, FilesOptions options = {});

}  // namespace rondeau::static_files

namespace rondeau {
using static_files::embedded;
using static_files::EmbeddedFile;
}  // namespace rondeau
