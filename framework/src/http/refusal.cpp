#include "http/refusal.h"

namespace rondeau::http {

std::string_view to_string(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::None:
      return "none";
    case RefusalReason::BadByte:
      return "bad-byte";
    case RefusalReason::BareCr:
      return "bare-cr";
    case RefusalReason::BareLf:
      return "bare-lf";
    case RefusalReason::BlankLines:
      return "blank-lines";
    case RefusalReason::RequestLine:
      return "request-line";
    case RefusalReason::StatusLine:
      return "status-line";
    case RefusalReason::BadMethod:
      return "bad-method";
    case RefusalReason::UnknownMethod:
      return "unknown-method";
    case RefusalReason::MethodTooLong:
      return "method-too-long";
    case RefusalReason::BadVersion:
      return "bad-version";
    case RefusalReason::UnsupportedVersion:
      return "unsupported-version";
    case RefusalReason::TargetTooLong:
      return "target-too-long";
    case RefusalReason::BadTarget:
      return "bad-target";
    case RefusalReason::HeadTooLong:
      return "head-too-long";
    case RefusalReason::LineTooLong:
      return "line-too-long";
    case RefusalReason::TooManyFields:
      return "too-many-fields";
    case RefusalReason::FoldedLine:
      return "folded-line";
    case RefusalReason::EmptyName:
      return "empty-name";
    case RefusalReason::FieldSyntax:
      return "field-syntax";
    case RefusalReason::Host:
      return "host";
    case RefusalReason::TransferEncoding:
      return "transfer-encoding";
    case RefusalReason::UnsupportedCoding:
      return "unsupported-coding";
    case RefusalReason::ContentLength:
      return "content-length";
    case RefusalReason::LengthAndCoding:
      return "length-and-coding";
    case RefusalReason::Expectation:
      return "expectation";
    case RefusalReason::ChunkFraming:
      return "chunk-framing";
    case RefusalReason::ChunkOverhead:
      return "chunk-overhead";
    case RefusalReason::BodyTooLarge:
      return "body-too-large";
    case RefusalReason::TrailersTooLong:
      return "trailers-too-long";
    case RefusalReason::TooManyTrailers:
      return "too-many-trailers";
    case RefusalReason::TrailerSyntax:
      return "trailer-syntax";
  }
  return "none";
}

Refusal refuse(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::UnknownMethod:
    case RefusalReason::MethodTooLong:
    case RefusalReason::UnsupportedCoding:
      return {reason, StatusCode::NotImplemented};
    case RefusalReason::UnsupportedVersion:
      return {reason, StatusCode::HttpVersionNotSupported};
    case RefusalReason::TargetTooLong:
      return {reason, StatusCode::UriTooLong};
    case RefusalReason::HeadTooLong:
    case RefusalReason::LineTooLong:
    case RefusalReason::TooManyFields:
    case RefusalReason::TrailersTooLong:
    case RefusalReason::TooManyTrailers:
      return {reason, StatusCode::RequestHeaderFieldsTooLarge};
    case RefusalReason::Expectation:
      return {reason, StatusCode::ExpectationFailed};
    case RefusalReason::BodyTooLarge:
      return {reason, StatusCode::ContentTooLarge};
    default:
      return {reason, StatusCode::BadRequest};
  }
}

}  // namespace rondeau::http
