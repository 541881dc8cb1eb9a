#include "http/response_encoder.h"

#include <array>
#include <charconv>
#include <string>

#include <rondeau/base/wall_clock.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

#include "http/field_check.h"
#include "http/status_line.h"

namespace rondeau::http {

namespace {

/// What one pass over the response's fields finds.
struct Fields {
  std::optional<std::uint64_t> length;
  bool bad_length = false;
  bool coding = false;
  bool close = false;
  bool date = false;
  bool server = false;
  bool upgrade = false;
  int content_types = 0;
  std::size_t size = 0;  // bytes of all of them on the wire, at most
};

Fields inspect(const Headers& headers) noexcept {
  Fields found;
  for (HeaderField field : headers) {
    found.size += field.name.size() + field.value.size() + sizeof(": \r\n");
    switch (field.id) {
      case HeaderName::ContentLength: {
        std::uint64_t length = 0;
        const char* end = field.value.data() + field.value.size();
        auto read = std::from_chars(field.value.data(), end, length);
        found.bad_length |= found.length.has_value() || read.ec != std::errc() || read.ptr != end;
        found.length = length;
        break;
      }
      case HeaderName::TransferEncoding:
        found.coding = true;
        break;
      case HeaderName::Connection:
        found.close |= text::list_contains(field.value, "close");
        break;
      case HeaderName::Date:
        found.date = true;
        break;
      case HeaderName::Server:
        found.server = true;
        break;
      case HeaderName::Upgrade:
        found.upgrade = true;
        break;
      case HeaderName::ContentType:
        ++found.content_types;
        break;
      default:
        break;
    }
  }
  return found;
}

Result<void> check(const Response& response, const Fields& fields) {
  if (response.fault().code() != Errc::Ok) return response.fault();
  StatusCode status = response.status();
  bool possible = code(status) >= 200 ? code(status) <= 999 : response.is_upgrade();
  if (!possible) return Error(Errc::InvalidData, "response: status cannot end a request");
  if (fields.coding) return Error(Errc::InvalidData, "response: Transfer-Encoding is the server's to set");
  if (fields.bad_length) return Error(Errc::InvalidData, "response: Content-Length is no single number");
  if (fields.content_types > 1) return Error(Errc::InvalidData, "response: two Content-Type fields");
  const ResponseBody& body = response.body();
  // A 205 promises to have none (RFC 9110 §15.3.6), though its framing would let it.
  const bool bodiless = !allows_body(status) || status == StatusCode::ResetContent;
  if (bodiless && (body.is_stream() || !body.view().empty())) {
    return Error(Errc::InvalidData, "response: a body on a status that has none");
  }
  return {};
}

/// Decides framing by RFC 9110 §8.6 and RFC 9112 §6.3; `sized` says that a Content-Length is sent.
Result<EncodedHead> frame(const Response& response, const AnswerContext& context, const Fields& fields, bool& sized) {
  const ResponseBody& body = response.body();
  const bool head_only = context.method == Method::Head;
  EncodedHead head{BodyMode::None, 0, context.keep_alive && !fields.close};
  sized = false;
  if (!allows_body(response.status())) {
    // 304 may tell the length the full answer would have; 204 may not.
    if (response.status() == StatusCode::NotModified && fields.length) {
      head.length = *fields.length;
      sized = true;
    }
    return head;
  }
  if (context.trailers && response.has_trailers() && context.version == Version::Http11 && !fields.length) {
    head.mode = BodyMode::Chunked;
    head.trailers = true;
    return head;
  }
  if (!body.is_stream()) {
    std::size_t size = body.view().size();
    bool promised = head_only && size == 0 && fields.length;
    if (fields.length && *fields.length != size && !promised) {
      return Error(Errc::InvalidData, "response: Content-Length differs from the body");
    }
    head.length = promised ? *fields.length : size;
    head.mode = head_only || size == 0 ? BodyMode::None : BodyMode::Whole;
    sized = true;
    return head;
  }
  if (fields.length) {
    head.length = *fields.length;
    head.mode = BodyMode::Counted;
    sized = true;
  } else if (context.version == Version::Http10) {
    head.mode = BodyMode::UntilClose;
    head.keep_alive = false;
  } else {
    head.mode = BodyMode::Chunked;
    head.trailers = context.trailers;
  }
  return head;
}

/// The names of what will follow the body (RFC 9110 §6.6.2).
std::string names_of(const Headers& trailers) {
  std::string names;
  for (HeaderField field : trailers) {
    if (is_forbidden_trailer(field.id)) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

/// Writes into memory that is known to be large enough.
class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}
  Writer& operator<<(std::string_view text) noexcept {
    at_ += text.copy(at_, text.size());
    return *this;
  }
  Writer& operator<<(std::uint64_t number) noexcept {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

/// Fields of the response that frame() turned into something else.
bool is_ours(HeaderName name, StatusCode status) noexcept {
  return name == HeaderName::ContentLength ||
         (name == HeaderName::Connection && status != StatusCode::SwitchingProtocols);
}

void append_field(OutputBuffer& out, const HeaderField& field) {
  out.append(field.name);
  out.append(": ");
  out.append(field.value);
  out.append("\r\n");
}

// Status line, the names of Server and Date, Content-Length, Connection, Transfer-Encoding and the last line end.
constexpr std::size_t kOwnFields = 256;

}  // namespace

Result<AnswerPlan> plan_answer(const Response& response, const AnswerContext& context) {
  const Fields fields = inspect(response.headers());
  RONDEAU_TRY_VOID_PLAIN(check(response, fields));
  bool sized = false;
  RONDEAU_TRY_PLAIN(EncodedHead head, frame(response, context, fields, sized));
  return AnswerPlan{head, sized, !fields.date && !context.date.empty(), !fields.server && !context.server.empty(),
                    fields.upgrade, fields.size};
}

Result<EncodedHead> encode_head(OutputBuffer& out, const Response& response, const AnswerContext& context) {
  RONDEAU_TRY_PLAIN(const AnswerPlan plan, plan_answer(response, context));
  EncodedHead head = plan.head;

  const std::string announced = head.trailers ? names_of(response.trailers()) : std::string();
  char* start = out.prepare(kOwnFields + plan.fields_size + context.server.size() + announced.size());
  Writer to(start);
  if (std::string_view line = status_line(response.status()); !line.empty()) {
    to << line;
  } else {
    to << "HTTP/1.1 " << std::uint64_t{code(response.status())} << " \r\n";
  }
  for (HeaderField field : response.headers()) {
    if (!is_ours(field.id, response.status())) to << field.name << ": " << field.value << "\r\n";
  }
  if (plan.sized) {
    to << "Content-Length: " << head.length << "\r\n";
  } else if (head.mode == BodyMode::Chunked) {
    to << "Transfer-Encoding: chunked\r\n";
  }
  if (!announced.empty()) to << "Trailer: " << announced << "\r\n";
  if (plan.wants_date) to << "Date: " << context.date << "\r\n";
  if (plan.wants_server) to << "Server: " << context.server << "\r\n";
  if (response.status() != StatusCode::SwitchingProtocols) {
    // RFC 9110 §7.8: Upgrade, as in a 426, is of this connection only.
    if (plan.upgrade) to << "Connection: upgrade\r\n";
    if (!head.keep_alive) {
      to << "Connection: close\r\n";
    } else if (context.version == Version::Http10) {
      to << "Connection: keep-alive\r\n";
    }
  }
  to << "\r\n";
  out.commit(static_cast<std::size_t>(to.at() - start));
  if (context.method == Method::Head) head.mode = BodyMode::None;
  return head;
}

void append_chunk(OutputBuffer& out, std::string_view content) {
  RONDEAU_DEBUG_ASSERT(!content.empty());
  constexpr std::size_t framing = 16 + 2 + 2;
  char* start = out.prepare(content.size() + framing);
  char* at = std::to_chars(start, start + 16, content.size(), 16).ptr;
  Writer to(at);
  to << "\r\n" << content << "\r\n";
  out.commit(static_cast<std::size_t>(to.at() - start));
}

void append_last_chunk(OutputBuffer& out, const Headers& trailers) {
  out.append("0\r\n");
  for (HeaderField field : trailers) {
    if (!is_forbidden_trailer(field.id)) append_field(out, field);
  }
  out.append("\r\n");
}

void append_early_hints(OutputBuffer& out, const Headers& fields) {
  out.append("HTTP/1.1 103 Early Hints\r\n");
  for (HeaderField field : fields) append_field(out, field);
  out.append("\r\n");
}

std::string_view continue_response() noexcept {
  return "HTTP/1.1 100 Continue\r\n\r\n";
}

std::string_view http_date(std::chrono::sys_seconds now) noexcept {
  struct Cache {
    std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
    std::array<char, text::kHttpDateLength> text;
  };
  static thread_local Cache cache;
  if (cache.second != now) {
    text::format_http_date(now, cache.text);
    cache.second = now;
  }
  return {cache.text.data(), cache.text.size()};
}

std::string_view http_date_now() noexcept {
  return http_date(std::chrono::floor<std::chrono::seconds>(base::wall_clock()));
}

}  // namespace rondeau::http
