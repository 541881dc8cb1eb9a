// MultipartForm<T>: a form with files, as a struct.
//
//     struct NewPicture {
//       NonEmpty title;
//       UploadFile image;
//       std::vector<UploadFile> details;
//     };
//     Task<Result<Created<std::string>, Problem>> add(MultipartForm<NewPicture> form);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/schema/operation.h>
#include <rondeau/task/task.h>

namespace rondeau::extract {

/// A file that came in a form. Up to 64 KiB lie in memory, more in a file without a name, which is gone with the last
/// copy.
///
/// Copies share the content. Thread safety: a const one may be read by any number of tasks at once. The temporary file
/// lies in the folder that TMPDIR names, else in /tmp, and is read and written on the pool "fs".
class UploadFile {
 public:
  class Content;

  UploadFile() = default;  ///< an empty file without a name
  UploadFile(std::string filename, std::string content_type, std::shared_ptr<const Content> content) noexcept;

  /// What the client calls it, without folders; may be empty. A label for people: store under a name of your own.
  const std::string& filename() const noexcept { return filename_; }
  /// As it was sent, "text/plain" where nothing was. What the client believes, not what is in it.
  const std::string& content_type() const noexcept { return content_type_; }
  std::uint64_t size() const noexcept;  ///< bytes
  bool in_memory() const noexcept;

  /// At most `count` bytes from `offset` on; fewer at the end, empty Bytes behind it.
  ///
  /// Errors: what reading the temporary file reports. Cancellation: safe.
  task::Task<Result<Bytes>> read_at(std::uint64_t offset, std::size_t count) const;
  /// All of it. Errors: also TooLarge above `limit` bytes, before anything is read.
  task::Task<Result<Bytes>> read_all(std::size_t limit) const;
  /// Writes it into a new file, readable and writable for its owner alone.
  ///
  /// Errors: AlreadyExists, what writing reports; then there is no file. Cancellation: part of the file may be left.
  task::Task<Result<void>> save_as(std::string path) const;

 private:
  std::string filename_;
  std::string content_type_ = "text/plain";
  std::shared_ptr<const Content> content_;
};

/// The members of T from a body of multipart/form-data, read whole before the handler runs.
///
/// Members are UploadFile, std::optional or std::vector of it – with rules such as Items<1, 10> – and what a Form<T>
/// may have, from parts without a file name. Repeated parts fill containers, unknown ones are passed over; a file
/// chosen by nobody, which browsers send with an empty name and no content, is none. Rejects with 415 and 400 as
/// Multipart, 413 above Limits::max_multipart (or the route's body_limit()), max_parts, max_files, max_part_text, or max_buffered_body in all text, and with 422
/// listing all that does not fit; 500 where the temporary file cannot be written.
template <class T>
struct MultipartForm : Extracted<T> {};

/// Fills the members of a described struct. Lifetime: the block and the object outlive it.
task::Task<Result<void, Rejection>> read_multipart_form(http::RequestBlock& block, const reflect::Descriptor& type,
                                                        void* object);

void describe_multipart_form(const reflect::Descriptor& type, schema::Operation& operation);

/// A form between its reading and the handler.
template <class T>
struct ReadForm {
  std::shared_ptr<Result<T, Rejection>> result;
};

template <class T>
task::Task<void> prepare_form(http::RequestBlock& block, void*) {
  T value{};
  Result<void, Rejection> read = co_await read_multipart_form(block, reflect::describe<T>(), &value);
  auto result = read ? std::make_shared<Result<T, Rejection>>(std::move(value))
                     : std::make_shared<Result<T, Rejection>>(Unexpected{std::move(read).error()});
  block.extensions.insert(ReadForm<T>{std::move(result)});
}

}  // namespace rondeau::extract

namespace rondeau {

using extract::MultipartForm;
using extract::UploadFile;

/// Has a place in a form's struct only: as JSON it is its file's name, and it is not read from there.
template <>
struct JsonFor<UploadFile> {
  using Form = std::string;
  static constexpr std::string_view format = "binary";
  static Form to_json(const UploadFile& file) { return file.filename(); }
  static Result<UploadFile> from_json(Form) { return Error(Errc::InvalidData, "must be a file"); }
};

template <class T>
struct Extract<MultipartForm<T>> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static constexpr bool waits = true;
  template <class App>
  static constexpr auto preparation = &extract::prepare_form<T>;

  static bool extract(extract::Context& context, MultipartForm<T>* slot, Rejection& rejection) {
    static_assert(reflect::kind_of<T>() == reflect::Kind::Struct,
                  "rondeau: MultipartForm<T> takes a struct whose members are the names of the form's parts");
    Result<T, Rejection>& read = *context.request().extensions().template get<extract::ReadForm<T>>()->result;
    if (!read) {
      rejection = std::move(read).error();
      return false;
    }
    std::construct_at(slot, MultipartForm<T>{{*std::move(read)}});
    return true;
  }
  static void describe(schema::Operation& operation) {
    extract::describe_multipart_form(reflect::describe<T>(), operation);
  }
};

}  // namespace rondeau
