#include <rondeau/client/form_data.h>

#include <memory>

#include <rondeau/crypto/random.h>
#include <rondeau/http/headers.h>
#include <rondeau/static_files/content_type.h>
#include <rondeau/text/utf8.h>

namespace rondeau::client {
namespace {

constexpr std::size_t kBoundaryBytes = 24;  // 32 characters, of the 70 that RFC 2046 allows

/// A name in quotes; nothing where servers would read it in different ways.
std::optional<std::string> in_quotes(std::string_view name) {
  if (!text::is_utf8(name)) return std::nullopt;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\') {
      return std::nullopt;
    } else {
      out += c;
    }
  }
  return out += '"';
}

/// The pieces of a form, one after the other. A body is opened when its turn comes.
struct Piece {
  Bytes text;
  RequestBody body;
};

class FormSource final : public http::BodySource {
 public:
  explicit FormSource(std::shared_ptr<const std::vector<Piece>> pieces) noexcept : pieces_(std::move(pieces)) {}

  task::Task<Result<Bytes>> next() override {
    while (at_ < pieces_->size()) {
      const Piece& piece = (*pieces_)[at_];
      if (!said_text_) {
        said_text_ = true;
        co_return piece.text;
      }
      if (open_ == nullptr) {
        RONDEAU_TRY(open_, piece.body.open());
      }
      RONDEAU_TRY(Bytes bytes, co_await open_->next());
      if (!bytes.empty()) co_return bytes;
      open_.reset();
      said_text_ = false;
      ++at_;
    }
    co_return Bytes();
  }

 private:
  const std::shared_ptr<const std::vector<Piece>> pieces_;
  std::size_t at_ = 0;
  bool said_text_ = false;
  std::unique_ptr<http::BodySource> open_;
};

}  // namespace

FormData::FormData() : boundary_(crypto::random_token(kBoundaryBytes)) {}

FormData& FormData::text(std::string_view name, std::string_view value) & {
  add(name, nullptr, RequestBody(std::string(value)));
  return *this;
}

FormData& FormData::file(std::string_view name, FormFile file) & {
  RequestBody body = std::move(file.body);
  add(name, &file, std::move(body));
  return *this;
}

void FormData::add(std::string_view name, const FormFile* file, RequestBody body) {
  const auto fault = [&](std::string_view why) {
    if (fault_ == Errc::Ok) fault_ = rondeau::Error(Errc::InvalidArgument, std::string("form: ").append(why));
  };
  if (name.empty()) return fault("a part has no name");
  const std::optional<std::string> quoted_name = in_quotes(name);
  if (!quoted_name) return fault("a name has a backslash or control character, or is not UTF-8");
  std::string head = "--" + boundary_ + "\r\nContent-Disposition: form-data; name=" + *quoted_name;
  if (file != nullptr) {
    const std::optional<std::string> filename = in_quotes(file->filename);
    if (!filename) return fault("a file name has a backslash or control character, or is not UTF-8");
    const std::string_view type =
        file->content_type.empty() ? static_files::content_type_of(file->filename) : file->content_type;
    if (!http::is_valid_field_value(type)) return fault("a content type is no field value");
    head.append("; filename=").append(*filename).append("\r\nContent-Type: ").append(type);
  }
  head.append("\r\n\r\n");
  parts_.push_back({std::move(head), std::move(body)});
}

std::string FormData::content_type() const {
  return "multipart/form-data; boundary=" + boundary_;
}

Result<RequestBody> FormData::body() const {
  if (fault_ != Errc::Ok) return fault_;
  std::vector<Piece> pieces;
  std::optional<std::uint64_t> length = 0;
  bool replayable = true;
  const auto add_piece = [&](std::string text, RequestBody body) {
    const std::optional<std::uint64_t> more = body.length();
    length = length && more ? std::optional(*length + text.size() + *more) : std::nullopt;
    replayable = replayable && body.is_replayable();
    pieces.push_back({Bytes(std::move(text)), std::move(body)});
  };
  for (const Part& part : parts_) add_piece((pieces.empty() ? "" : "\r\n") + part.head, part.body);
  add_piece((pieces.empty() ? "--" : "\r\n--") + boundary_ + "--\r\n", RequestBody());
  auto shared = std::make_shared<const std::vector<Piece>>(std::move(pieces));
  if (!replayable) return RequestBody::once(std::make_unique<FormSource>(std::move(shared)), length);
  return RequestBody::again(
      [shared]() -> Result<std::unique_ptr<http::BodySource>> { return std::make_unique<FormSource>(shared); }, length);
}

}  // namespace rondeau::client
