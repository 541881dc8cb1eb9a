// Multipart: a form with files, part by part as it arrives (multipart/form-data, RFC 7578).
//
//     Task<Result<std::string, Rejection>> upload(Multipart form) {
//       while (auto part = co_await form.next()) {
//         if (!*part) co_return std::move(*part).error();
//         …
//       }
//       co_return "stored";
//     }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/http/headers.h>
#include <rondeau/task/task.h>

namespace rondeau::extract {

class MultipartReader;

/// One part. Lifetime: the form's; its content is gone once the form is asked for the next part.
class Part {
 public:
  Part(std::shared_ptr<MultipartReader> reader, std::size_t number, std::string name,
       std::optional<std::string> filename, http::Headers headers) noexcept
      : reader_(std::move(reader)),
        number_(number),
        name_(std::move(name)),
        filename_(std::move(filename)),
        headers_(std::move(headers)) {}

  /// Never empty.
  const std::string& name() const noexcept { return name_; }
  /// What the client calls the file, without folders; empty where it chose none, or a name that is only folders.
  ///
  /// It is a label for people: store under a name of your own.
  const std::optional<std::string>& filename() const noexcept { return filename_; }
  /// As it was sent, "text/plain" where nothing was. What the client believes, not what is in it.
  std::string_view content_type() const noexcept;
  const http::Headers& headers() const noexcept { return headers_; }

  /// The next piece of the content, or empty Bytes at its end. Not after the form's next().
  ///
  /// Errors: those of Multipart::next(). Cancellation: safe, no byte is lost.
  task::Task<Result<Bytes, Rejection>> next();
  /// All that is left of the content. Errors: also 413 above `limit` bytes. Cancellation: what was read is lost.
  task::Task<Result<std::string, Rejection>> read_all(std::size_t limit);
  /// The same as text, up to Limits::max_part_text bytes. Errors: also 400 for what is not UTF-8.
  task::Task<Result<std::string, Rejection>> text();

 private:
  std::shared_ptr<MultipartReader> reader_;
  std::size_t number_;
  std::string name_;
  std::optional<std::string> filename_;
  http::Headers headers_;
};

/// The parts of a form, in their order. Nothing is read before it is asked for; memory holds a piece at a time.
///
/// Rejects with 415 (not multipart/form-data) and 400 (no boundary of 1 to 70 legal characters). Lifetime: the
/// request's. One task at a time.
class Multipart {
 public:
  explicit Multipart(std::shared_ptr<MultipartReader> reader) noexcept : reader_(std::move(reader)) {}

  /// The most bytes the whole body may have from now on, instead of Limits::max_multipart or the route's body_limit();
  /// more than the latter it cannot have.
  void set_max_total(std::uint64_t bytes) noexcept;

  /// The next part, or nothing at the end of the form. What is left of the part before is read and dropped.
  ///
  /// Errors: 400 for a body that is not what RFC 7578 says, among it one without its final delimiter, a part without a
  /// name, one that is itself in parts, a head above Limits::max_part_head or max_part_fields; 413 above max_multipart,
  /// or what the route has instead, or above max_parts; 408 and 400 where the body does not arrive. After an error every call gives it again.
  /// Cancellation: safe, no part is lost.
  task::Task<std::optional<Result<Part, Rejection>>> next();

 private:
  std::shared_ptr<MultipartReader> reader_;
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::Multipart;
using extract::Part;

template <>
struct Extract<Multipart> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static bool extract(extract::Context& context, Multipart* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};

}  // namespace rondeau
