#include "middleware/idempotency_record.h"

#include <array>
#include <cstdint>
#include <span>

#include <rondeau/base/current_driver.h>
#include <rondeau/http/headers.h>

namespace rondeau::middleware {
namespace {

constexpr std::size_t kFingerprint = 32;
constexpr std::size_t kNonce = 16;

std::string begin(RecordKind kind, std::string_view fingerprint) {
  return std::string(1, static_cast<char>(kind)).append(fingerprint);
}

void put_number(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

/// Takes what put_number() and put_text() wrote off the front; a record that ends early is none.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_(bytes) {}
  bool number(std::size_t& value) {
    if (rest_.size() < 4) return false;
    value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
    rest_.remove_prefix(4);
    return true;
  }
  bool text(std::string_view& value) {
    std::size_t size = 0;
    if (!number(size) || size > rest_.size()) return false;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<Record> read_record(std::string_view bytes) {
  if (bytes.size() < 1 + kFingerprint) return std::nullopt;
  const auto kind = static_cast<RecordKind>(bytes.front());
  if (kind != RecordKind::Pending && kind != RecordKind::Answer && kind != RecordKind::Done) return std::nullopt;
  return Record{kind, bytes.substr(1, kFingerprint), bytes.substr(1 + kFingerprint)};
}

Bytes pending_record(std::string_view fingerprint) {
  std::array<char, kNonce> nonce;
  base::current_driver().random(std::as_writable_bytes(std::span(nonce)));
  return Bytes(begin(RecordKind::Pending, fingerprint).append(nonce.data(), nonce.size()));
}

Bytes done_record(std::string_view fingerprint) {
  return Bytes(begin(RecordKind::Done, fingerprint));
}

std::optional<Bytes> answer_record(std::string_view fingerprint, const http::Response& response, std::size_t limit) {
  if (response.body().is_stream() || response.has_trailers() || response.is_upgrade()) return std::nullopt;
  if (response.fault() != Errc::Ok) return std::nullopt;
  std::string record = begin(RecordKind::Answer, fingerprint);
  put_number(record, http::code(response.status()));
  put_number(record, response.headers().size());
  for (const http::HeaderField& field : response.headers()) {
    put_text(record, field.name);
    put_text(record, field.value);
  }
  const std::string_view body = response.body().view();
  if (record.size() + body.size() > limit) return std::nullopt;
  put_text(record, body);
  return Bytes(std::move(record));
}

std::optional<http::Response> read_answer(std::string_view rest) {
  Reader reader(rest);
  std::size_t status = 0;
  std::size_t count = 0;
  if (!reader.number(status) || status < 200 || status > 599 || !reader.number(count)) return std::nullopt;
  http::Response response(static_cast<http::StatusCode>(status));
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view name;
    std::string_view value;
    if (!reader.text(name) || !reader.text(value) || !response.headers().append(name, value)) return std::nullopt;
  }
  std::string_view body;
  if (!reader.text(body) || !reader.at_end()) return std::nullopt;
  if (!body.empty()) response.set_body(http::ResponseBody(std::string(body)));
  return response;
}

}  // namespace rondeau::middleware
