#include <rondeau/extract/multipart_form.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>

#include <rondeau/base/current_driver.h>
#include <rondeau/extract/multipart.h>
#include <rondeau/fs/file.h>
#include <rondeau/fs/files.h>
#include <rondeau/text/percent.h>
#include <rondeau/text/uuid.h>

#include "extract/pairs.h"

namespace rondeau::extract {

/// In memory until it grows, then in a file.
class UploadFile::Content {
 public:
  static constexpr std::size_t kInMemory = 64 * 1024;

  /// Cancellation: the content is lost.
  task::Task<Result<void>> append(Bytes piece) {
    size_ += piece.size();
    memory_.append(piece.view());
    if (memory_.size() > kInMemory) co_return co_await write_out();
    co_return Result<void>();
  }
  /// What is left in memory follows what is in the file.
  task::Task<Result<void>> finish() {
    if (file_) co_return co_await write_out();
    co_return Result<void>();
  }

  task::Task<Result<Bytes>> read_at(std::uint64_t offset, std::size_t count) const {
    if (offset >= size_) co_return Bytes();
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset));
    if (!file_) co_return Bytes::copy_of(std::string_view(memory_).substr(static_cast<std::size_t>(offset), wanted));
    std::string bytes(wanted, '\0');
    std::size_t have = 0;
    while (have < wanted) {
      const auto room = std::as_writable_bytes(std::span(bytes)).subspan(have);
      RONDEAU_TRY(const std::size_t read, co_await file_->read_at(room, offset + have));
      if (read == 0) co_return Error(Errc::UnexpectedEof, "read an uploaded file");
      have += read;
    }
    co_return Bytes(std::move(bytes));
  }

  std::uint64_t size() const noexcept { return size_; }
  bool in_memory() const noexcept { return !file_; }

 private:
  task::Task<Result<void>> write_out() {
    if (!file_) {
      RONDEAU_TRY(fs::File opened, co_await open_nameless());
      file_.emplace(std::move(opened));
    }
    const std::string bytes = std::exchange(memory_, std::string());
    for (std::size_t done = 0; done < bytes.size();) {
      const auto rest = std::as_bytes(std::span(bytes)).subspan(done);
      RONDEAU_TRY(const std::size_t written, co_await file_->write_at(rest, written_));
      done += written;
      written_ += written;
    }
    co_return Result<void>();
  }
  static task::Task<Result<fs::File>> open_nameless() {
    const char* named = std::getenv("TMPDIR");
    const std::string folder = named != nullptr && *named != '\0' ? named : "/tmp";
    const auto options = fs::OpenOptions().read(true).write(true).mode(0600);
    auto file = co_await fs::OpenOptions(options).custom_flags(O_TMPFILE).open(folder);
    if (file) co_return std::move(file);
    // A file system without files that have no name.
    std::array<std::uint64_t, 2> random{};
    base::current_driver().random(std::as_writable_bytes(std::span(random)));
    const std::string path = folder + "/rondeau-" + text::Uuid::version4(random[0], random[1]).to_string();
    RONDEAU_TRY(fs::File made, co_await fs::OpenOptions(options).create_new(true).open(path));
    RONDEAU_TRY_VOID(co_await fs::remove_file(path));
    co_return std::move(made);
  }

  std::string memory_;
  std::optional<fs::File> file_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

UploadFile::UploadFile(std::string filename, std::string content_type, std::shared_ptr<const Content> content) noexcept
    : filename_(std::move(filename)), content_type_(std::move(content_type)), content_(std::move(content)) {}

std::uint64_t UploadFile::size() const noexcept {
  return content_ != nullptr ? content_->size() : 0;
}
bool UploadFile::in_memory() const noexcept {
  return content_ == nullptr || content_->in_memory();
}

namespace {

using Content = std::shared_ptr<const UploadFile::Content>;

task::Task<Result<Bytes>> read_content(Content content, std::uint64_t offset, std::size_t count) {
  if (content == nullptr) co_return Bytes();
  co_return co_await content->read_at(offset, count);
}

task::Task<Result<void>> copy_content(Content content, fs::File file) {
  const std::uint64_t size = content != nullptr ? content->size() : 0;
  for (std::uint64_t at = 0; at < size;) {
    RONDEAU_TRY(const Bytes piece, co_await content->read_at(at, 256 * 1024));
    const auto bytes = std::as_bytes(std::span(piece.view()));
    for (std::size_t done = 0; done < bytes.size();) {
      RONDEAU_TRY(const std::size_t written, co_await file.write_at(bytes.subspan(done), at + done));
      done += written;
    }
    at += piece.size();
  }
  co_return co_await std::move(file).close();
}

task::Task<Result<void>> save_content(Content content, std::string path) {
  RONDEAU_TRY(fs::File file, co_await fs::OpenOptions().write(true).create_new(true).mode(0600).open(path));
  Result<void> copied = co_await copy_content(std::move(content), std::move(file));
  if (!copied) static_cast<void>(co_await fs::remove_file(path));
  co_return copied;
}

task::Task<Result<Bytes>> too_large() {
  co_return Error(Errc::TooLarge, "read an uploaded file");
}

}  // namespace

task::Task<Result<Bytes>> UploadFile::read_at(std::uint64_t offset, std::size_t count) const {
  return read_content(content_, offset, count);
}
task::Task<Result<Bytes>> UploadFile::read_all(std::size_t limit) const {
  if (size() > limit) return too_large();
  return read_content(content_, 0, limit);
}
task::Task<Result<void>> UploadFile::save_as(std::string path) const {
  return save_content(content_, std::move(path));
}

namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

bool is_file(const Descriptor& type) {
  return &type == &reflect::describe<UploadFile>();
}

/// Where files of a member go: one, one that may be absent, or any number.
class FileMember {
 public:
  FileMember(const Descriptor& type, void* value) : type_(inside_of(type)), value_(value) {}

  bool takes_files() const {
    if (type_.kind == Kind::Optional) return is_file(*as<reflect::OptionalDescriptor>(type_).inner);
    return is_list() ? is_file(*as<reflect::SequenceDescriptor>(type_).element) : is_file(type_);
  }
  bool is_list() const noexcept { return type_.kind == Kind::Sequence; }
  void put(UploadFile file) const {
    void* place = value_;
    if (is_list()) place = as<reflect::SequenceDescriptor>(type_).append(value_);
    if (type_.kind == Kind::Optional) place = as<reflect::OptionalDescriptor>(type_).emplace(value_);
    *static_cast<UploadFile*>(place) = std::move(file);
  }

 private:
  /// Rules stand around a list, at the same address.
  static const Descriptor& inside_of(const Descriptor& type) {
    return type.kind == Kind::Checked ? inside_of(*as<reflect::CheckedDescriptor>(type).inner) : type;
  }

  const Descriptor& type_;
  void* value_;
};

Rejection rejected(http::StatusCode status, std::string_view why) {
  Rejection rejection;
  rejection.reject(status, why);
  return rejection;
}

/// Puts files where they belong as they arrive, and keeps texts for the end, when they are read as a form's.
class FormReader {
 public:
  FormReader(http::RequestBlock& block, const Descriptor& type, void* object)
      : limits_(http::Request(block).limits()), type_(type), object_(object) {
    table().addresses(object, addresses_.data());
  }

  task::Task<Result<void, Rejection>> read(Multipart form) {
    while (auto part = co_await form.next()) {
      if (!*part) co_return Unexpected{std::move(*part).error()};
      Result<void, Rejection> taken = co_await take(**std::move(part));
      if (!taken) co_return taken;
    }
    PairText pairs = PairText::of_form(texts_, limits_);
    pairs.given = given_;
    if (!read_members(pairs, type_, object_, rejection_) || !rejection_.fields.empty()) {
      co_return Unexpected{std::move(rejection_)};
    }
    co_return Result<void, Rejection>();
  }

 private:
  const reflect::StructDescriptor& table() const { return as<reflect::StructDescriptor>(type_); }
  FileMember member(std::size_t i) const { return {*table().fields[i].type, const_cast<void*>(addresses_[i])}; }

  task::Task<Result<void, Rejection>> take(Part part) {
    const auto found = std::ranges::find(table().fields, std::string_view(part.name()), &reflect::Field::name);
    if (found == table().fields.end()) co_return Result<void, Rejection>();  // next() drops it
    const auto index = static_cast<std::size_t>(found - table().fields.begin());
    if (!member(index).takes_files()) co_return co_await take_text(std::move(part));
    co_return co_await take_file(std::move(part), index);
  }

  task::Task<Result<void, Rejection>> take_text(Part part) {
    if (part.filename()) {
      refuse(part.name(), "type", "must be no file");
      co_return Result<void, Rejection>();
    }
    Result<std::string, Rejection> text = co_await part.text();
    if (!text) co_return Unexpected{std::move(text).error()};
    text_size_ += text->size() + part.name().size();
    if (text_size_ > limits_.max_buffered_body) {
      co_return Unexpected{rejected(http::StatusCode::ContentTooLarge, "the texts of the form are too large")};
    }
    if (!texts_.empty()) texts_ += '&';
    text::percent_encode_to(texts_, part.name());
    texts_ += '=';
    text::percent_encode_to(texts_, *text);
    co_return Result<void, Rejection>();
  }

  task::Task<Result<void, Rejection>> take_file(Part part, std::size_t index) {
    if (!part.filename()) {
      refuse(part.name(), "type", "must be a file");
      given_ |= std::uint64_t{1} << index;
      co_return Result<void, Rejection>();
    }
    const bool full = files_ >= limits_.max_files;  // each may hold a descriptor
    if (full && !part.filename()->empty()) co_return Unexpected{too_many_files()};
    auto content = std::make_shared<UploadFile::Content>();
    while (true) {
      Result<Bytes, Rejection> piece = co_await part.next();
      if (!piece) co_return Unexpected{std::move(piece).error()};
      const bool end = piece->empty();
      if (full && !end) co_return Unexpected{too_many_files()};
      const Result<void> kept = end ? co_await content->finish() : co_await content->append(*std::move(piece));
      if (!kept) {
        co_return Unexpected{rejected(http::StatusCode::InternalServerError, "an uploaded file could not be kept")};
      }
      if (end) break;
    }
    if (part.filename()->empty() && content->size() == 0) co_return Result<void, Rejection>();  // nobody chose one
    const std::uint64_t bit = std::uint64_t{1} << index;
    if ((given_ & bit) != 0 && !member(index).is_list()) {
      co_return Unexpected{repeated(part.name())};
    }
    given_ |= bit;
    ++files_;
    member(index).put(UploadFile(*part.filename(), std::string(part.content_type()), std::move(content)));
    co_return Result<void, Rejection>();
  }

  void refuse(std::string_view name, std::string_view code, std::string_view why) {
    if (rejection_.fields.size() >= limits_.max_listed_errors) return;
    rejection_.reject_field(http::StatusCode::UnprocessableContent, "body", "/" + std::string(name), code, why);
  }
  static Rejection too_many_files() {
    return rejected(http::StatusCode::ContentTooLarge, "the form has too many files");
  }
  static Rejection repeated(std::string_view name) {
    Rejection rejection;
    rejection.reject_field(http::StatusCode::BadRequest, "body", "/" + std::string(name), "repeated",
                           "is given more than once");
    return rejection;
  }

  const http::Limits& limits_;
  const Descriptor& type_;
  void* object_;
  std::array<const void*, reflect::StructDescriptor::kMaxFields> addresses_{};
  std::string texts_;  // as an urlencoded form
  std::size_t text_size_ = 0;
  std::size_t files_ = 0;    // kept
  std::uint64_t given_ = 0;  // a bit per member that has its file
  Rejection rejection_;
};

}  // namespace

void describe_multipart_form(const reflect::Descriptor& type, schema::Operation& operation) {
  using http::StatusCode;
  operation.request_body("multipart/form-data", type);
  for (const StatusCode status : {StatusCode::BadRequest, StatusCode::RequestTimeout, StatusCode::ContentTooLarge,
                                  StatusCode::UnsupportedMediaType, StatusCode::UnprocessableContent}) {
    operation.problem(status);
  }
}

task::Task<Result<void, Rejection>> read_multipart_form(http::RequestBlock& block, const reflect::Descriptor& type,
                                                        void* object) {
  Context context(block, nullptr);
  Rejection rejection;
  Room<Multipart> form;
  if (!Extract<Multipart>::extract(context, &form.value, rejection)) co_return Unexpected{std::move(rejection)};
  Multipart parts = std::move(form.value);
  std::destroy_at(&form.value);
  FormReader reader(block, type, object);
  co_return co_await reader.read(std::move(parts));
}

}  // namespace rondeau::extract
