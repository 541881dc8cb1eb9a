#include <rondeau/static_files/files.h>

#include <algorithm>
#include <utility>

#include <rondeau/base/assert.h>

#include "static_files/directory.h"

namespace rondeau::static_files {

namespace {

/// `root` is a path, or a table.
template <class Root>
routing::Router<> below(std::string prefix, Root root, FilesOptions options) {
  RONDEAU_ASSERT(prefix.starts_with('/') && prefix.find('{') == std::string::npos);
  while (prefix.ends_with('/')) prefix.pop_back();
  const auto segments = static_cast<std::size_t>(std::ranges::count(prefix, '/'));
  const auto served = std::make_shared<const Directory>(std::move(root), segments, std::move(options));
  const auto serve = [served](http::Request request) { return served->serve(std::move(request)); };
  routing::Router<> router;
  if (!prefix.empty()) router.route(http::Method::Get, prefix, serve);
  router.route(http::Method::Get, prefix + "/", serve);
  router.route(http::Method::Get, prefix + "/{*rest}", serve);
  return router;
}

}  // namespace

routing::Router<> files(std::string prefix, std::filesystem::path directory, FilesOptions options) {
  RONDEAU_ASSERT(!directory.empty());
  return below(std::move(prefix), std::move(directory), std::move(options));
}

routing::Router<> embedded(std::string prefix, std::span<const EmbeddedFile> table, FilesOptions options) {
  RONDEAU_ASSERT(std::ranges::is_sorted(table, {}, &EmbeddedFile::path));
  return below(std::move(prefix), table, std::move(options));
}

task::Task<http::Response> FileHandler::operator()(http::Request request) const {
  return only_->serve_root(std::move(request));
}

FileHandler file(std::filesystem::path path, FilesOptions options) {
  RONDEAU_ASSERT(!path.empty());
  return FileHandler(std::make_shared<const Directory>(std::move(path), 0, std::move(options)));
}

}  // namespace rondeau::static_files
