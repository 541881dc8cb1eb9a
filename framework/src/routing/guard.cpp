#include <rondeau/routing/guard.h>

#include <algorithm>
#include <vector>

#include <rondeau/http/quality.h>
#include <rondeau/text/ascii.h>

namespace rondeau::routing {
namespace {

using http::HeaderName;
using http::Request;

std::string joined(const std::vector<std::string>& types) {
  std::string text;
  for (const std::string& type : types) text.append(text.empty() ? "" : ", ").append(type);
  return text;
}

/// `*` is a token, so that a range passes, too.
bool is_media_type(std::string_view type) {
  const std::size_t slash = type.find('/');
  return slash != std::string_view::npos && text::is_token(type.substr(0, slash)) &&
         text::is_token(type.substr(slash + 1));
}

class FieldIs final : public Guard {
 public:
  explicit FieldIs(HeaderGuard wanted) : Guard(Kind::Other), wanted_(std::move(wanted)) {}
  bool passes(const Request& request) const override {
    const http::RequestHeaders headers = request.headers();
    return headers.count(wanted_.name) == 1 && headers.get(wanted_.name) == std::string_view(wanted_.value);
  }
  std::string to_string() const override { return wanted_.name + ": " + wanted_.value; }
  std::string field() const override { return wanted_.name; }
  Result<void> check() const override {
    if (text::is_token(wanted_.name) && text::trim(wanted_.value) == wanted_.value) return {};
    return Error(Errc::InvalidArgument, "header(\"" + wanted_.name + "\", …) is a condition no field can meet");
  }

 private:
  HeaderGuard wanted_;
};

class TypeGuard : public Guard {
 public:
  TypeGuard(Kind kind, std::initializer_list<std::string_view> types)
      : Guard(kind), types_(types.begin(), types.end()) {}
  std::string to_string() const override { return joined(types_); }
  Result<void> check() const override {
    for (const std::string& type : types_) {
      if (!is_media_type(type) || (kind() == Kind::Accept && type.find('*') != std::string::npos)) {
        return Error(Errc::InvalidArgument, "\"" + type + "\" is no media type");
      }
    }
    return {};
  }

 protected:
  const std::vector<std::string>& types() const noexcept { return types_; }

 private:
  std::vector<std::string> types_;
};

class ContentTypeIs final : public TypeGuard {
 public:
  explicit ContentTypeIs(std::initializer_list<std::string_view> types) : TypeGuard(Kind::ContentType, types) {}
  bool passes(const Request& request) const override {
    if (request.headers().count(HeaderName::ContentType) != 1) return false;
    const std::string_view sent = http::without_parameters(*request.header(HeaderName::ContentType));
    return std::ranges::any_of(types(), [&](const std::string& type) { return http::range_covers(type, sent); });
  }
};

class AnswerMayBe final : public TypeGuard {
 public:
  explicit AnswerMayBe(std::initializer_list<std::string_view> types) : TypeGuard(Kind::Accept, types) {}
  std::string field() const override { return "Accept"; }
  bool passes(const Request& request) const override {
    return std::ranges::any_of(
        types(), [&](const std::string& type) { return http::quality_of_type(request.headers(), type) > 0; });
  }
};

class VersionIs final : public Guard {
 public:
  explicit VersionIs(std::string version) : Guard(Kind::Accept), version_(std::move(version)) {}
  bool passes(const Request& request) const override {
    for (const http::HeaderField& field : request.headers()) {
      if (field.id != HeaderName::Accept) continue;
      text::ListItems items(field.value);
      for (std::string_view range; items.next(range);) {
        if (asks_for(range) && http::quality(range) > 0) return true;
      }
    }
    return false;
  }
  std::string to_string() const override { return "version " + version_; }
  std::string field() const override { return "Accept"; }

 private:
  bool asks_for(std::string_view range) const noexcept {
    constexpr std::string_view kName = "version=";
    for (std::size_t at = range.find(';'); at != std::string_view::npos; at = range.find(';', at + 1)) {
      std::string_view parameter = text::trim(range.substr(at + 1, range.find(';', at + 1) - at - 1));
      if (!text::equals_ignoring_case(parameter.substr(0, kName.size()), kName)) continue;
      parameter.remove_prefix(kName.size());
      if (parameter.size() >= 2 && parameter.front() == '"') parameter = parameter.substr(1, parameter.size() - 2);
      if (text::equals_ignoring_case(parameter, version_)) return true;
    }
    return false;
  }

  std::string version_;
};

}  // namespace

std::shared_ptr<const Guard> make_version_guard(std::string version) {
  return std::make_shared<const VersionIs>(std::move(version));
}
std::shared_ptr<const Guard> make_guard(HeaderGuard guard) {
  return std::make_shared<const FieldIs>(std::move(guard));
}
std::shared_ptr<const Guard> make_content_type_guard(std::initializer_list<std::string_view> types) {
  return std::make_shared<const ContentTypeIs>(types);
}
std::shared_ptr<const Guard> make_accept_guard(std::initializer_list<std::string_view> types) {
  return std::make_shared<const AnswerMayBe>(types);
}

}  // namespace rondeau::routing
