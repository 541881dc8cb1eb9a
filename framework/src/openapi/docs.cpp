#include <rondeau/openapi/docs.h>

#include <openssl/evp.h>

#include <array>

#include <rondeau/handler/make_handler.h>
#include <rondeau/openapi/document.h>
#include <rondeau/response/content.h>
#include <rondeau/routing/router.h>
#include <rondeau/text/base64.h>

#include "openapi/page.h"

namespace rondeau::openapi {
namespace {

Validators tag_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  return etag(text::base64_encode({reinterpret_cast<const char*>(digest.data()), 16}, text::Base64Form::Url));
}

}  // namespace

std::shared_ptr<const routing::Documentation> Docs::make(std::string path, Options options,
                                                         std::source_location where) {
  return std::make_shared<const Docs>(std::move(path), std::move(options), where);
}

Result<std::vector<std::shared_ptr<routing::Route>>> Docs::routes(const routing::RouteTable& table) const {
  Info info;
  if (!table.title.empty()) info.title = table.title;
  if (!table.version.empty()) info.version = table.version;
  if (!options_.title.empty()) info.title = options_.title;
  if (!options_.version.empty()) info.version = options_.version;
  info.description = options_.description;
  RONDEAU_TRY_PLAIN(std::string document, write_document(table.operations, info));
  std::string page = make_page(info.title, relative(path_, options_.document));
  std::string policy = page_policy(page);
  return std::vector{route(options_.document, std::move(document), "application/json", {}),
                     route(path_, std::move(page), "text/html; charset=utf-8", std::move(policy))};
}

std::shared_ptr<routing::Route> Docs::route(std::string pattern, std::string body, std::string_view content_type,
                                            std::string policy) const {
  const Validators validators = tag_of(body);
  auto answer = [body = Bytes(std::move(body)), content_type, policy = std::move(policy), validators] {
    http::Response response = http::Response::bytes(body, content_type);
    response.header("cache-control", "no-cache");
    response.header("x-content-type-options", "nosniff");
    if (!policy.empty()) response.header("content-security-policy", policy);
    return Content<http::Response>{std::move(response), validators};
  };
  auto made = std::make_shared<routing::Route>(
      routing::Route{.method = http::Method::Get,
                     .pattern = std::move(pattern),
                     .handler = handler::make_handler<routing::NoState>(std::move(answer)),
                     .layers = {},
                     .body_limit = {},
                     .where = where_,
                     .guards = {},
                     .said = {}});
  made->said.hidden = true;
  return made;
}

}  // namespace rondeau::openapi
