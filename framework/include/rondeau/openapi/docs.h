// Docs: the document of a router, and a page that shows it. What Router::docs() adds.
#pragma once

#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/routing/route_book.h>

namespace rondeau::openapi {

/// Two hidden routes: the document, and a page that lists its operations and sends requests.
///
/// The page is one file of the program, asks no other host, and comes with a Content-Security-Policy that allows its
/// own script and style only. Both have ETags. The document is made once, by build(), which fails where it cannot be:
/// see write_document().
class Docs final : public routing::Documentation {
 public:
  struct Options {
    std::string document = "/openapi.json";  ///< where the document is, in the same router as the page
    std::string title = {};                  ///< instead of the router's name; see Router::named()
    std::string version = {};
    std::string description = {};  ///< CommonMark
  };

  Docs(std::string path, Options options, std::source_location where)
      : path_(std::move(path)), options_(std::move(options)), where_(where) {}
  static std::shared_ptr<const routing::Documentation> make(std::string path, Options options,
                                                            std::source_location where);

  Result<std::vector<std::shared_ptr<routing::Route>>> routes(const routing::RouteTable& table) const override;

 private:
  std::shared_ptr<routing::Route> route(std::string pattern, std::string body, std::string_view content_type,
                                        std::string policy) const;

  std::string path_;
  Options options_;
  std::source_location where_;
};

}  // namespace rondeau::openapi
