#include "http/request_encoder.h"

#include "http/connection_fields.h"
#include "http/line_writer.h"

namespace rondeau::http {
namespace {

// The version, the lines that are ours, and the last line end.
constexpr std::size_t kOwnLines = 224 + LineWriter::kBehind;

}  // namespace

bool expects_body(Method method) noexcept {
  return method == Method::Post || method == Method::Put || method == Method::Patch;
}

void encode_request_head(OutputBuffer& out, const RequestStart& start, const Headers& fields) {
  const std::string_view method = to_string(start.method);
  char* const room =
      out.prepare(kOwnLines + method.size() + start.target.size() + start.host.size() +
                  start.proxy_authorization.size() + fields.wire_bound());
  LineWriter to(room);
  to << method << " " << start.target << " HTTP/1.1\r\nHost: " << start.host << "\r\n";
  for (const HeaderField field : fields) {
    if (is_of_sender(field.id) && field.id != HeaderName::Upgrade) continue;
    to << field.name << ": " << field.value << "\r\n";
  }
  if (start.framing == BodyFraming::Chunked) {
    to << "Transfer-Encoding: chunked\r\n";
  } else if (start.framing == BodyFraming::Length || expects_body(start.method)) {
    to << "Content-Length: " << start.length << "\r\n";
  }
  if (!start.proxy_authorization.empty()) to << "Proxy-Authorization: " << start.proxy_authorization << "\r\n";
  if (start.expect_continue) to << "Expect: 100-continue\r\n";
  // RFC 9110 §7.8: a field that asks for an upgrade is of this connection only.
  if (fields.contains(HeaderName::Upgrade)) to << "Connection: Upgrade\r\n";
  to << "\r\n";
  out.commit(static_cast<std::size_t>(to.at() - room));
}

}  // namespace rondeau::http
