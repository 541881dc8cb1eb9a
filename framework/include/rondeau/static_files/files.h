// files, file: directories and files of the file system as answers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/extract/body.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/routing/router.h>
#include <rondeau/task/task.h>

namespace rondeau::static_files {

/// For files whose name changes with their content.
inline constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";

/// Cache-Control for the files that `glob` matches.
///
/// `*` is any text within a name, `?` one character of it, `**` any text with slashes too. A glob without a slash is
/// about the name of a file in any directory, another one about its whole path below the directory that is served.
struct CacheRule {
  std::string glob;
  std::string cache_control;
};

struct FilesOptions {
  /// Answers for a directory; empty: none.
  std::string index = "index.html";
  /// The file that answers where there is none and the last segment has no dot: for pages that route by themselves.
  std::optional<std::string> spa = std::nullopt;
  /// The first that matches counts; without one no Cache-Control is sent.
  std::vector<CacheRule> cache = {};
  /// Files with a hash in their name (`app.3f2a9c1b.js`: 8 or more hexadecimal digits, of both kinds, between dots or
  /// dashes) are kImmutable, unless a rule matches.
  bool hashed_names_are_immutable = false;
  /// A file of the same name with `.br`, `.zst` or `.gz` behind it is sent to those who take that coding.
  bool precompressed = true;
};

/// Answers GET and HEAD below `prefix` with the regular files of a directory:
///
///     app.merge(files("/assets", "public", {.cache = {{"*.html", "no-cache"}}}));
///
/// With Content-Type by extension and nosniff; ETag and Last-Modified, so 304; ranges; a 308 from a directory to its
/// name with a slash. All else is a 404 problem: directories without index, names that begin with a dot, devices,
/// FIFOs, and what a symbolic link beyond the directory leads to; links that stay inside are followed. On kernels
/// without openat2(2) no link is.
///
/// The directory is opened by its path for each request, so that it may be replaced by another. One that is not there
/// is a 500 and a line on stderr. File system calls are made on the pool "fs"; where its queue is full: 503, at once.
/// `prefix` begins with a slash and has no parameters.
routing::Router<> files(std::string prefix, std::filesystem::path directory, FilesOptions options = {});

class Directory;

/// What file() returns: a handler.
class FileHandler {
 public:
  explicit FileHandler(std::shared_ptr<const Directory> only) noexcept : only_(std::move(only)) {}
  task::Task<http::Response> operator()(http::Request request) const;

 private:
  std::shared_ptr<const Directory> only_;
};

/// Answers with one file, wherever it is: `app.get<"/favicon.ico">(file("public/favicon.ico"));`
FileHandler file(std::filesystem::path path, FilesOptions options = {});

}  // namespace rondeau::static_files

namespace rondeau {
using static_files::file;
using static_files::files;
using static_files::FilesOptions;
}  // namespace rondeau
