// A part of a body, or several.
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/current_driver.h>
#include <rondeau/http/byte_range.h>
#include <rondeau/response/content.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/percent.h>

#include "response/representation.h"

namespace rondeau::response {
namespace {

using http::BodyWriter;
using http::ByteRange;
using http::HeaderName;
using http::Request;
using http::Response;
using http::ResponseBody;
using http::StatusCode;

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" + std::to_string(size);
}

/// What parts are cut from: bytes in memory, or a producer.
class Whole {
 public:
  explicit Whole(ResponseBody body) {
    if (body.is_stream()) {
      producer_ = body.take_producer();
    } else {
      bytes_ = body.take_bytes();
    }
  }
  task::Task<Result<void>> write(BodyWriter& writer, ByteRange range) {
    if (producer_) return producer_->produce_part(writer, range.first, range.length());
    return writer.write(bytes_.slice(range.first, range.length()));
  }

 private:
  std::unique_ptr<http::BodyProducer> producer_;
  Bytes bytes_;
};

class OneRange final : public http::BodyProducer {
 public:
  OneRange(ResponseBody body, ByteRange range) : whole_(std::move(body)), range_(range) {}
  task::Task<Result<void>> produce(BodyWriter& writer) override { return whole_.write(writer, range_); }

 private:
  Whole whole_;
  ByteRange range_;
};

/// multipart/byteranges (RFC 9110 §14.6).
class ManyRanges final : public http::BodyProducer {
 public:
  ManyRanges(ResponseBody body, std::vector<ByteRange> ranges, std::uint64_t size, std::string_view type,
             std::string_view boundary)
      : whole_(std::move(body)), ranges_(std::move(ranges)), end_("\r\n--" + std::string(boundary) + "--\r\n") {
    for (const ByteRange& range : ranges_) {
      std::string head = heads_.empty() ? "--" : "\r\n--";
      head.append(boundary).append("\r\n");
      if (!type.empty()) head.append("Content-Type: ").append(type).append("\r\n");
      head.append("Content-Range: ").append(content_range(range, size)).append("\r\n\r\n");
      heads_.push_back(std::move(head));
    }
  }
  std::uint64_t length() const noexcept {
    std::uint64_t sum = end_.size();
    for (const std::string& head : heads_) sum += head.size();
    for (const ByteRange& range : ranges_) sum += range.length();
    return sum;
  }
  task::Task<Result<void>> produce(BodyWriter& writer) override {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      RONDEAU_TRY_VOID(co_await writer.write(Bytes(std::move(heads_[i]))));
      RONDEAU_TRY_VOID(co_await whole_.write(writer, ranges_[i]));
    }
    co_return co_await writer.write(Bytes(std::move(end_)));
  }

 private:
  Whole whole_;
  std::vector<ByteRange> ranges_;
  std::vector<std::string> heads_;
  std::string end_;
};

/// Nothing that could be in the content by chance.
std::string make_boundary() {
  std::array<char, 16> random{};
  base::current_driver().random(std::as_writable_bytes(std::span(random)));
  return text::hex_encode({random.data(), random.size()});
}

void send_one(Response& response, const ByteRange& range, std::uint64_t size) {
  response.header(HeaderName::ContentRange, content_range(range, size));
  if (response.body().is_stream()) {
    response.header(HeaderName::ContentLength, std::to_string(range.length()));
    response.set_body(ResponseBody(std::make_unique<OneRange>(std::move(response.body()), range)));
  } else {
    response.headers().remove(HeaderName::ContentLength);
    response.set_body(ResponseBody(response.body().take_bytes().slice(range.first, range.length())));
  }
}

void send_many(Response& response, std::vector<ByteRange> ranges, std::uint64_t size) {
  const std::string boundary = make_boundary();
  const std::string type(response.headers().get(HeaderName::ContentType).value_or(std::string_view()));
  auto parts = std::make_unique<ManyRanges>(std::move(response.body()), std::move(ranges), size, type, boundary);
  response.header(HeaderName::ContentType, "multipart/byteranges; boundary=" + boundary);
  response.header(HeaderName::ContentLength, std::to_string(parts->length()));
  response.set_body(ResponseBody(std::move(parts)));
}

}  // namespace

Response ranged(const Request& request, Response response) {
  using Verdict = http::ByteRanges::Verdict;
  const bool reads = request.method() == http::Method::Get || request.method() == http::Method::Head;
  const std::optional<std::uint64_t> size = response.body().seekable_length();
  if (!reads || response.status() != StatusCode::Ok || !size) return response;
  response.header(HeaderName::AcceptRanges, "bytes");
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Range) != 1 || !http::if_range_holds(headers, state_of(response))) return response;
  http::ByteRanges asked = http::parse_byte_ranges(*headers.get(HeaderName::Range), *size, request.limits().max_ranges);
  if (asked.verdict == Verdict::Ignored) return response;
  if (asked.verdict == Verdict::Unsatisfiable) {
    become_problem(response, StatusCode::RangeNotSatisfiable, request);
    response.header(HeaderName::ContentRange, "bytes */" + std::to_string(*size));
    return response;
  }
  response.set_status(StatusCode::PartialContent);
  if (response.has_trailers()) response.trailers().clear();  // they are about the whole
  if (asked.ranges.size() == 1) {
    send_one(response, asked.ranges.front(), *size);
  } else {
    send_many(response, std::move(asked.ranges), *size);
  }
  return response;
}

void describe_ranged(schema::Operation& operation) {
  for (const StatusCode status :
       {StatusCode::PartialContent, StatusCode::NotModified, StatusCode::PreconditionFailed,
        StatusCode::RangeNotSatisfiable}) {
    operation.response(status);
  }
}

}  // namespace rondeau::response
