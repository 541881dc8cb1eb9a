// Directory: a directory, a file, or a table of files, and how it is served.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <rondeau/static_files/embedded.h>
#include <rondeau/static_files/files.h>

#include "static_files/lookup.h"

namespace rondeau::static_files {

class Directory {
 public:
  /// `skipped`: so many segments of a request's path are the prefix.
  Directory(std::filesystem::path root, std::size_t skipped, FilesOptions options)
      : root_(std::move(root)), skipped_(skipped), options_(std::move(options)) {}

  /// Of a table in the program.
  Directory(std::span<const EmbeddedFile> table, std::size_t skipped, FilesOptions options)
      : table_(table), skipped_(skipped), options_(std::move(options)) {}

  /// The file the request's path names.
  task::Task<http::Response> serve(http::Request request) const;
  /// The root itself, which is a file.
  task::Task<http::Response> serve_root(http::Request request) const;

 private:
  task::Task<http::Response> answer(http::Request request, Wanted wanted) const;
  http::Response answer_file(const http::Request& request, Found found) const;
  /// Empty: none.
  std::string_view cache_control_of(std::string_view name) const;

  std::filesystem::path root_;  // empty: the table
  std::span<const EmbeddedFile> table_;
  std::size_t skipped_;
  FilesOptions options_;
};

}  // namespace rondeau::static_files
