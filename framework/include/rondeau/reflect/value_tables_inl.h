// The tables of values that are more than they look: with rules, with another form, written as text.
#pragma once

#include <rondeau/reflect/table_inl.h>
#include <rondeau/reflect/text_forms.h>

namespace rondeau::reflect {

template <class T>
struct CheckedParts;
template <class T, class... Rules>
struct CheckedParts<Checked<T, Rules...>> {
  template <class R>
  static constexpr Rule rule() {
    Rule rule = rule_of<R>();
    rule.holds = [](const void* value) { return R::holds(ref<T>(value)); };
    return rule;
  }
  static inline constinit const std::array<Rule, sizeof...(Rules)> rules = {rule<Rules>()...};
  static constexpr bool has_default = false;
};
template <class T, auto V>
struct CheckedParts<Default<T, V>> {
  static constexpr Rule rule() {
    if constexpr (requires { V.view(); }) {
      return {Rule::Kind::Default, {}, V.view(), [](const void*) { return true; }};
    } else if constexpr (std::integral<decltype(V)>) {
      return {Rule::Kind::Default, make_bound<V>(), {}, [](const void*) { return true; }};
    } else {
      return {Rule::Kind::Default, {}, {}, [](const void*) { return true; }};
    }
  }
  static inline constinit const std::array<Rule, 1> rules = {rule()};
  static constexpr bool has_default = true;
};

template <class T>
struct Table<T, Kind::Checked> {
  static constexpr CheckedDescriptor make() {
    static_assert(sizeof(T) == sizeof(typename T::value_type));  // the value's address is the whole's
    auto table = head<T, CheckedDescriptor>(Kind::Checked);
    table.inner = &Table<typename T::value_type>::value;
    table.rules = CheckedParts<T>::rules;
    table.has_default = CheckedParts<T>::has_default;
    return table;
  }
  static inline constinit const CheckedDescriptor value = make();
};

template <class E>
std::string reason_of(const E& error) {
  if constexpr (requires { std::string(error.context()); }) {
    return error.context().empty() ? std::string(error.message()) : std::string(error.context());
  } else if constexpr (requires { std::string(error.message()); }) {
    return std::string(error.message());
  } else if constexpr (requires { std::string(error); }) {
    return std::string(error);
  } else {
    return "is not valid";
  }
}

template <class T>
struct Table<T, Kind::Converted> {
  using Form = typename JsonFor<T>::Form;
  static constexpr ConvertedDescriptor make() {
    auto table = head<T, ConvertedDescriptor>(Kind::Converted);
    if constexpr (requires { JsonFor<T>::secret; }) table.secret = JsonFor<T>::secret;
    if constexpr (requires { std::string_view(JsonFor<T>::format); }) table.format = JsonFor<T>::format;
    table.inner = &Table<Form>::value;
    table.blank = []() -> void* { return new Form(); };
    table.form_of = [](const void* value) -> void* { return new Form(JsonFor<T>::to_json(ref<T>(value))); };
    table.assign = [](void* value, void* form, std::string& why) {
      auto made = JsonFor<T>::from_json(std::move(ref<Form>(form)));
      if (!made) return why = reason_of(made.error()), false;
      ref<T>(value) = *std::move(made);
      return true;
    };
    table.destroy = [](void* form) { delete static_cast<Form*>(form); };
    return table;
  }
  static inline constinit const ConvertedDescriptor value = make();
};

template <class T>
struct TextParts;
template <class Rep, class Period>
struct TextParts<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  static constexpr std::string_view format = "duration";
  static constexpr std::string_view expected = "a duration such as \"1.5s\"";
  static bool write(const void* value, std::string& out) {
    Moment moment;
    return to_moment(ref<Duration>(value), moment) && (write_duration(moment, out), true);
  }
  static bool read(void* value, std::string_view text) {
    Moment moment;
    return read_duration(text, moment) && from_moment(moment, Rounding::Refuse, ref<Duration>(value));
  }
};
template <class D>
struct TextParts<std::chrono::time_point<std::chrono::system_clock, D>> {
  using TimePoint = std::chrono::time_point<std::chrono::system_clock, D>;
  static constexpr std::string_view format = "date-time";
  static constexpr std::string_view expected = "a time such as \"2024-05-01T12:00:00Z\"";
  static bool write(const void* value, std::string& out) {
    Moment moment;
    return to_moment(ref<TimePoint>(value).time_since_epoch(), moment) && write_time(moment, out);
  }
  static bool read(void* value, std::string_view text) {
    Moment moment;
    D since{};
    if (!read_time(text, moment) || !from_moment(moment, Rounding::Down, since)) return false;
    ref<TimePoint>(value) = TimePoint(since);
    return true;
  }
};
template <>
struct TextParts<std::vector<std::byte>> {
  static constexpr std::string_view format = "byte";
  static constexpr std::string_view expected = "a Base64 text";
  static bool write(const void* value, std::string& out) {
    return write_base64(ref<std::vector<std::byte>>(value), out), true;
  }
  static bool read(void* value, std::string_view text) { return read_base64(text, ref<std::vector<std::byte>>(value)); }
};

template <>
struct TextParts<text::Uuid> {
  static constexpr std::string_view format = "uuid";
  static constexpr std::string_view expected = "a UUID";
  static bool write(const void* value, std::string& out) { return out += ref<text::Uuid>(value).to_string(), true; }
  static bool read(void* value, std::string_view text) {
    const std::optional<text::Uuid> read = text::Uuid::parse(text);
    if (read) ref<text::Uuid>(value) = *read;
    return read.has_value();
  }
};

template <class T>
struct Table<T, Kind::Text> {
  static constexpr TextDescriptor make() {
    auto table = head<T, TextDescriptor>(Kind::Text);
    table.format = TextParts<T>::format;
    table.expected = TextParts<T>::expected;
    table.write = TextParts<T>::write;
    table.read = TextParts<T>::read;
    return table;
  }
  static inline constinit const TextDescriptor value = make();
};

}  // namespace rondeau::reflect
