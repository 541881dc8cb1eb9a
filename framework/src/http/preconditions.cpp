#include <rondeau/http/preconditions.h>

#include <rondeau/base/wall_clock.h>
#include <rondeau/text/date.h>

namespace rondeau::http {
namespace {

using Time = std::optional<std::chrono::sys_seconds>;

enum class Named : std::uint8_t { Yes, No, Unclear };

std::chrono::sys_seconds now() noexcept {
  return std::chrono::floor<std::chrono::seconds>(base::wall_clock());
}

/// The date of a field that is there once and is one. `Fields` are those of a request, or copies of them.
template <class Fields>
Time date_of(const Fields& headers, HeaderName name) {
  if (headers.count(name) != 1) return std::nullopt;
  return text::parse_http_date(*headers.get(name), now());
}

/// Whether the fields of that name, one list together, name the current state.
template <class Fields>
Named named_by(const Fields& headers, HeaderName name, const CurrentState& current,
               bool (*matches)(const EntityTag&, const EntityTag&) noexcept) {
  bool found = false;
  for (const HeaderField& field : headers) {
    if (field.id != name) continue;
    if (field.value == "*") {
      if (headers.count(name) > 1) return Named::Unclear;
      return current.exists ? Named::Yes : Named::No;
    }
    EntityTagItems items(field.value);
    while (auto tag = items.next()) found = found || (current.exists && current.etag && matches(*tag, *current.etag));
    if (items.malformed()) return Named::Unclear;
  }
  return found ? Named::Yes : Named::No;
}

template <class Fields>
Precondition evaluate(Method method, const Fields& headers, const CurrentState& current) {
  const bool reads = method == Method::Get || method == Method::Head;
  const Time changed = current.exists ? current.last_modified : std::nullopt;
  if (headers.contains(HeaderName::IfMatch)) {
    if (named_by(headers, HeaderName::IfMatch, current, &matches_strongly) != Named::Yes) return Precondition::Failed;
  } else if (const Time since = date_of(headers, HeaderName::IfUnmodifiedSince); since && changed) {
    if (*changed > *since) return Precondition::Failed;
  }
  if (headers.contains(HeaderName::IfNoneMatch)) {
    const Named named = named_by(headers, HeaderName::IfNoneMatch, current, &matches_weakly);
    if (named == Named::Yes) return reads ? Precondition::NotModified : Precondition::Failed;
    if (named == Named::Unclear && !reads) return Precondition::Failed;
  } else if (const Time since = date_of(headers, HeaderName::IfModifiedSince); reads && since && changed) {
    if (*changed <= *since) return Precondition::NotModified;
  }
  return Precondition::Proceed;
}

}  // namespace

Precondition evaluate_preconditions(Method method, const RequestHeaders& headers, const CurrentState& current) {
  return evaluate(method, headers, current);
}

Conditions::Conditions(Method method, const RequestHeaders& headers) : method_(method) {
  for (const HeaderField& field : headers) {
    switch (field.id) {
      case HeaderName::IfMatch:
      case HeaderName::IfNoneMatch:
      case HeaderName::IfModifiedSince:
      case HeaderName::IfUnmodifiedSince:
        // A value that cannot be kept must not be a condition that is forgotten: this one is malformed.
        if (!fields_.append(field.id, field.value)) fields_.set_static(field.id, "?");
        break;
      default:
        break;
    }
  }
}

Precondition Conditions::judge(const CurrentState& current) const {
  return evaluate(method_, fields_, current);
}

bool Conditions::names_state(const CurrentState& current) const {
  if (fields_.contains(HeaderName::IfMatch)) return fields_.get(HeaderName::IfMatch) != "*";
  return current.exists && current.last_modified && date_of(fields_, HeaderName::IfUnmodifiedSince);
}

bool if_range_holds(const RequestHeaders& headers, const CurrentState& current) {
  const std::size_t count = headers.count(HeaderName::IfRange);
  if (count == 0) return true;
  if (count > 1) return false;
  const std::string_view value = *headers.get(HeaderName::IfRange);
  if (const auto tag = EntityTag::parse(value)) return current.etag && matches_strongly(*tag, *current.etag);
  const Time date = text::parse_http_date(value, now());
  return date && current.last_modified && *date == *current.last_modified && *date < now();
}

}  // namespace rondeau::http
