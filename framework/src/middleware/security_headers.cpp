#include <rondeau/middleware/security_headers.h>

#include <string_view>

#include <rondeau/text/ascii.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;

void set_if_absent(http::Response& response, HeaderName name, std::string_view value) {
  if (!value.empty() && !response.headers().contains(name)) response.header(name, value);
}

bool is_html(const http::Response& response) {
  const std::string_view type = response.headers().get(HeaderName::ContentType).value_or(std::string_view());
  const std::string_view media = text::trim(type.substr(0, type.find(';')));
  return text::equals_ignoring_case(media, "text/html") || text::equals_ignoring_case(media, "application/xhtml+xml");
}

std::string hsts_value(const Hsts& hsts) {
  return "max-age=" + std::to_string(hsts.max_age.count()) + (hsts.include_subdomains ? "; includeSubDomains" : "");
}

}  // namespace

Result<void> SecurityHeaders::check() const {
  for (const std::string* value : {&content_type_options, &frame_options, &content_security_policy,
                                   &html_content_security_policy, &referrer_policy, &cross_origin_resource_policy}) {
    if (!http::is_valid_field_value(*value) || text::trim(*value) != *value) {
      return Error(Errc::InvalidArgument, "SecurityHeaders: a value cannot stand in a field");
    }
  }
  if (hsts && hsts->max_age.count() < 0) return Error(Errc::InvalidArgument, "SecurityHeaders: max_age is negative");
  return {};
}

void SecurityHeaders::after(const http::Request& request, http::Response& response) const {
  if (response.status() == http::StatusCode::SwitchingProtocols) return;
  set_if_absent(response, HeaderName::XContentTypeOptions, content_type_options);
  set_if_absent(response, HeaderName::XFrameOptions, frame_options);
  set_if_absent(response, HeaderName::ReferrerPolicy, referrer_policy);
  set_if_absent(response, HeaderName::CrossOriginResourcePolicy, cross_origin_resource_policy);
  if (response.status() != http::StatusCode::NotModified) {
    set_if_absent(response, HeaderName::ContentSecurityPolicy,
                  is_html(response) ? html_content_security_policy : content_security_policy);
  }
  if (hsts && request.scheme() == "https") {
    set_if_absent(response, HeaderName::StrictTransportSecurity, hsts_value(*hsts));
  }
  if (response.headers().contains(HeaderName::SetCookie)) {
    set_if_absent(response, HeaderName::CacheControl, "no-store");
  }
}

}  // namespace rondeau::middleware
