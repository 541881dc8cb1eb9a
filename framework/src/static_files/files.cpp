#include <rondeau/static_files/files.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <rondeau/base/assert.h>

#include "static_files/directory.h"

namespace rondeau::static_files {
namespace {

/// Reads nothing, and says that the rest of the path is read all the same, since Directory takes it from the request.
struct Rest {};

}  // namespace
}  // namespace rondeau::static_files

template <>
struct rondeau::Extract<rondeau::static_files::Rest> {
  static constexpr std::array<std::string_view, 1> path_names{"rest"};
  static bool extract(extract::Context&, static_files::Rest* slot, Rejection&) {
    return std::construct_at(slot), true;
  }
  static void describe(schema::Operation& operation) { operation.parameter(schema::In::Path, "rest", {}); }
};

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
  const auto serve_below = [served](Rest, http::Request request) { return served->serve(std::move(request)); };
  // Files are no operations of an API.
  routing::Router<> router;
  if (!prefix.empty()) router.route(http::Method::Get, prefix, serve).hidden();
  router.route(http::Method::Get, prefix + "/", serve).hidden();
  router.route(http::Method::Get, prefix + "/{*rest}", serve_below).hidden();
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
