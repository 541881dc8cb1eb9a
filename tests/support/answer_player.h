// What the parser of answers makes of bytes that come in pieces of one size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/response_parser.h"

namespace testing {

struct AnswerVerdict {
  std::string refused = {};  // the reason, or empty
  unsigned status = 0;
  std::string body;
  std::string trailers;
  bool complete = false;  // by its framing, or by the end of the stream behind the bytes
  bool keep_alive = false;
  std::string rest;  // bytes behind the answer
};

/// Feeds `bytes` in pieces of `step`, then ends the stream.
inline AnswerVerdict judge_answer(std::string_view bytes, rondeau::http::Method asked, std::size_t step,
                            const rondeau::http::ResponseParser::Bounds& bounds) {
  using rondeau::http::ResponseParser;
  ResponseParser parser(bounds);
  rondeau::http::ResponseHead head;
  AnswerVerdict verdict;
  std::string unread;
  bool in_body = false;
  const auto refuse = [&] { verdict.refused = std::string(to_string(parser.refusal())); };
  while (!bytes.empty() || !unread.empty()) {
    unread += bytes.substr(0, step);
    const bool last = bytes.size() <= step;
    bytes.remove_prefix(std::min(step, bytes.size()));
    if (!in_body) {
      const auto found = parser.parse_head(unread, asked, head);
      if (found == ResponseParser::Status::Refused) return refuse(), verdict;
      if (found == ResponseParser::Status::More) {
        if (last) return verdict;
        continue;
      }
      verdict.status = rondeau::http::code(head.status);
      verdict.keep_alive = head.keep_alive;
      unread.erase(0, head.length);
      in_body = true;
    }
    const auto found = parser.decode_body(unread);
    if (found.status == ResponseParser::BodyStep::Status::Refused) return refuse(), verdict;
    verdict.body += found.content;
    unread.erase(0, found.consumed);
    if (found.status == ResponseParser::BodyStep::Status::End) {
      verdict.complete = true;
      verdict.rest = unread + std::string(bytes);
      for (const auto field : parser.trailers()) verdict.trailers += std::string(field.name) + '=' + std::string(field.value) + ';';
      return verdict;
    }
    if (last) break;
  }
  verdict.complete = parser.may_end();
  return verdict;
}

}  // namespace testing
