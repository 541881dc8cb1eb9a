#include <rondeau/middleware/auto_etag.h>

#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

#include <rondeau/response/conditional.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;

constexpr std::size_t kTagBytes = 16;

/// Empty where the library has no SHA-256.
std::string digest_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  return text::base64_encode({reinterpret_cast<const char*>(digest.data()), kTagBytes}, text::Base64Form::Url);
}

bool may_be_stored(const http::Response& response) {
  for (const http::HeaderField& field : response.headers()) {
    if (field.id == HeaderName::CacheControl && text::list_contains(field.value, "no-store")) return false;
  }
  return true;
}

}  // namespace

void AutoEtag::after(const http::Request& request, http::Response& response) const {
  const bool reads = request.method() == http::Method::Get || request.method() == http::Method::Head;
  if (!reads || response.status() != http::StatusCode::Ok || !may_be_stored(response)) return;
  if (!response.headers().contains(HeaderName::Etag)) {
    if (response.body().is_stream() || response.body().view().empty()) return;
    const std::string digest = digest_of(response.body().view());
    if (digest.empty()) return;
    response.header(HeaderName::Etag, EntityTag(digest).to_string());
  }
  response = response::conditional(request, std::move(response));
}

}  // namespace rondeau::middleware
