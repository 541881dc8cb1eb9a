// A server that is nothing but the parser: bytes in, what a peer would be told out.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/http/limits.h>
#include <rondeau/http/request_head.h>

#include "http/request_parser.h"
#include "support/wire_table.h"

namespace rondeau::testing {

/// Keeps unread bytes as a connection would, in memory that is moved at every feed, so that a stale view shows.
class ParserPeer {
 public:
  explicit ParserPeer(const http::Limits& limits) : parser_(limits) {}

  void feed(std::string_view bytes) {
    if (closed_) return;
    auto moved = std::make_unique<char[]>(size_ + bytes.size());
    std::copy_n(buffer_.get() + begin_, size_, moved.get());
    std::copy_n(bytes.data(), bytes.size(), moved.get() + size_);
    buffer_ = std::move(moved);
    begin_ = 0;
    size_ += bytes.size();
    while (!closed_ && step()) {
    }
  }

  /// The peer ends its stream.
  std::vector<WireVerdict> finish() {
    if (!closed_ && !parser_.may_end()) verdicts_.push_back({});
    return std::move(verdicts_);
  }

 private:
  std::string_view unread() const { return {buffer_.get() + begin_, size_}; }
  void consume(std::size_t count) {
    begin_ += count;
    size_ -= count;
  }

  bool step() {
    if (!in_body_) {
      switch (parser_.parse_head(unread(), head_)) {
        case http::RequestParser::Status::More:
          return false;
        case http::RequestParser::Status::Refused:
          return refused();
        case http::RequestParser::Status::Head:
          break;
      }
      target_ = head_.text(head_.target_text);
      method_ = head_.method;
      keep_alive_ = head_.keep_alive;
      consume(head_.length);
      body_.clear();
      in_body_ = true;
    }
    auto found = parser_.decode_body({buffer_.get() + begin_, size_});
    if (found.status == http::RequestParser::BodyStep::Status::Refused) return refused();
    body_ += found.content;
    consume(found.consumed);
    if (found.status == http::RequestParser::BodyStep::Status::More) return false;
    complete();
    return true;
  }

  void complete() {
    WireVerdict verdict;
    bool trace = method_ == http::Method::Trace;
    verdict.status = trace ? 405 : 200;
    if (trace) verdict.reason = "trace";
    verdict.kept = keep_alive_;
    verdict.body = body_;
    verdict.target = target_;
    verdicts_.push_back(verdict);
    closed_ = !keep_alive_;
    in_body_ = false;
    parser_.next();
  }

  bool refused() {
    const http::Refusal refusal = parser_.refusal();
    WireVerdict verdict;
    verdict.status = static_cast<int>(http::code(refusal.status));
    verdict.kept = !refusal.close;
    verdict.reason = to_string(refusal.reason);
    verdicts_.push_back(verdict);
    closed_ = refusal.close;
    if (!closed_) {
      consume(head_.length);
      parser_.next();
    }
    return !closed_;
  }

  http::RequestParser parser_;
  http::RequestHead head_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(0);
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  bool in_body_ = false;
  bool closed_ = false;
  bool keep_alive_ = true;
  http::Method method_ = http::Method::Get;
  std::string target_;
  std::string body_;
  std::vector<WireVerdict> verdicts_;
};

}  // namespace rondeau::testing
