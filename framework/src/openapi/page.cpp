#include "openapi/page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>

#include <rondeau/static_files/embedded.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/html.h>

std::span<const rondeau::EmbeddedFile> rondeau_docs_page();

namespace rondeau::openapi {
namespace {

/// 'sha256-…' of what stands in the only element of that name.
std::string source_hash(std::string_view page, const std::string& element) {
  const std::size_t begin = page.find("<" + element + ">") + element.size() + 2;
  const std::size_t end = page.find("</" + element + ">", begin);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(page.data() + begin, end - begin, digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  return "'sha256-" + text::base64_encode({reinterpret_cast<const char*>(digest.data()), size}) + "'";
}

}  // namespace

std::string make_page(std::string_view title, std::string_view document) {
  std::string_view rest = rondeau_docs_page().front().content;
  std::string page;
  for (std::size_t at = rest.find('@'); at != std::string_view::npos; at = rest.find('@')) {
    page += rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.starts_with("@TITLE@")) {
      text::append_html(page, title);
      rest.remove_prefix(7);
    } else if (rest.starts_with("@DOCUMENT@")) {
      text::append_html(page, document);
      rest.remove_prefix(10);
    } else {
      page += '@';
      rest.remove_prefix(1);
    }
  }
  return page.append(rest);
}

std::string page_policy(std::string_view page) {
  const std::string script = source_hash(page, "script");
  const std::string style = source_hash(page, "style");
  if (script.empty() || style.empty()) return {};
  return "default-src 'none'; script-src " + script + "; style-src " + style +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
}

std::string relative(std::string_view from, std::string_view to) {
  std::size_t common = 0;  // behind the last slash of what both begin with
  for (std::size_t i = 0; i < std::min(from.size(), to.size()) && from[i] == to[i]; ++i) {
    if (from[i] == '/') common = i + 1;
  }
  std::string path;
  for (const char c : from.substr(common)) {
    if (c == '/') path += "../";
  }
  path += to.substr(common);
  return path.empty() ? "." : path;
}

}  // namespace rondeau::openapi
