// The tables behind describe<T>(): one static constant per type, made at compile time, refering to others by address
// only, so that recursive types work.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/reflect/enums.h>
#include <rondeau/reflect/kind_of_inl.h>
#include <rondeau/reflect/text_forms.h>

namespace rondeau::reflect {

template <class T, Kind K = kind_of<T>()>
struct Table;

template <class T>
constexpr std::string_view signature() {
  return __PRETTY_FUNCTION__;
}

/// "… [T = app::Page<app::Item>]" → "Page<app::Item>": what type_name() and tags use.
constexpr std::string_view name_in_signature(std::string_view text) {
  std::size_t begin = text.find("T = ");
  begin = begin == std::string_view::npos ? 0 : begin + 4;
  text = text.substr(begin, text.size() - begin - (text.ends_with(']') ? 1 : 0));
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size() && text[i] != '<'; ++i) {
    if (text[i] == '(') {  // "(anonymous namespace)"
      i = text.find(')', i);
      if (i == std::string_view::npos) break;
    } else if (text[i] == ':') {
      start = i + 1;
    }
  }
  return text.substr(start);
}

template <class T, class D>
constexpr D head(Kind kind) {
  D table{};
  table.kind = kind;
  table.size = sizeof(T);
  table.signature = signature<T>();
  return table;
}

template <class T>
const T& ref(const void* address) {
  return *static_cast<const T*>(address);
}
template <class T>
T& ref(void* address) {
  return *static_cast<T*>(address);
}

/// Fails in a function, not in the class: the class stays whole, and the compiler says its one sentence and no more.
template <class T>
constexpr Descriptor no_table() {
  static_assert(kind_of<T>() != kNoKind,
                "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
  return {};
}

template <class T, Kind K>
struct Table {
  static constexpr Descriptor value = {K, false, sizeof(T), {}};
};
template <class T>
struct Table<T, kNoKind> {
  static constexpr Descriptor value = no_table<T>();
};
template <>
struct Table<nlohmann::json, Kind::Document> {  // the type is incomplete here
  static constexpr Descriptor value = {Kind::Document, false, 0, "T = nlohmann::json"};
};

template <class T>
struct Table<T, Kind::Enum> {
  static constexpr EnumDescriptor make() {
    auto table = head<T, EnumDescriptor>(Kind::Enum);
    table.enumerators = std::span(EnumTable<T>::enumerators).first(EnumTable<T>::count);
    table.load = [](const void* value) { return static_cast<std::int64_t>(ref<T>(value)); };
    table.store = [](void* value, std::int64_t number) { ref<T>(value) = static_cast<T>(number); };
    return table;
  }
  static inline constinit const EnumDescriptor value = make();
};

template <class T>
inline constexpr bool is_patch = false;
template <class T>
inline constexpr bool is_patch<Patch<T>> = true;
template <class T>
inline constexpr bool is_nullable = false;
template <class T>
inline constexpr bool is_nullable<Nullable<T>> = true;

template <class T>
struct Table<T, Kind::Optional> {
  using Inner = std::remove_cvref_t<decltype(*std::declval<T&>())>;
  static constexpr OptionalDescriptor make() {
    auto table = head<T, OptionalDescriptor>(Kind::Optional);
    table.inner = &Table<Inner>::value;
    table.may_be_absent = !is_nullable<T>;
    table.may_be_null = true;
    table.presence = [](const void* optional) {
      if (static_cast<bool>(ref<T>(optional))) return Presence::Value;
      if constexpr (is_patch<T>) {
        return ref<T>(optional).is_null() ? Presence::Null : Presence::Absent;
      } else {
        return is_nullable<T> ? Presence::Null : Presence::Absent;
      }
    };
    table.get = [](const void* optional) -> const void* { return std::addressof(*ref<T>(optional)); };
    table.emplace = [](void* optional) -> void* {
      if constexpr (requires(T& o) { o.emplace(); }) {
        ref<T>(optional).emplace();
      } else {
        ref<T>(optional) = T(new Inner());
      }
      return std::addressof(*ref<T>(optional));
    };
    table.set_null = [](void* optional) {
      if constexpr (is_patch<T> || is_nullable<T>) {
        ref<T>(optional).set_null();
      } else {
        ref<T>(optional).reset();
      }
    };
    return table;
  }
  static inline constinit const OptionalDescriptor value = make();
};

template <class T>
struct Table<T, Kind::Sequence> {
  using Element = typename T::value_type;
  static constexpr bool is_set = SetLike<T>;
  static constexpr bool is_outside = is_set || std::same_as<T, std::vector<bool>>;  // no reference to an element
  static constexpr SequenceDescriptor make() {
    auto table = head<T, SequenceDescriptor>(Kind::Sequence);
    table.element = &Table<Element>::value;
    table.unique = is_set;
    table.count = [](const void* container) { return static_cast<std::size_t>(ref<T>(container).size()); };
    table.for_each = [](const void* container, void* state, Visit visit) {
      for (auto&& element : ref<T>(container)) {
        const Element& value = element;
        if (!visit(state, std::addressof(value))) return false;
      }
      return true;
    };
    table.clear = [](void* container) { ref<T>(container).clear(); };
    if constexpr (is_outside) {
      table.append = [](void*) -> void* { return new Element(); };
      table.commit = [](void* container, void* slot) {
        if constexpr (is_set) {
          ref<T>(container).insert(std::move(ref<Element>(slot)));
        } else {
          ref<T>(container).push_back(ref<Element>(slot));
        }
        delete static_cast<Element*>(slot);
      };
      table.discard = [](void* slot) { delete static_cast<Element*>(slot); };
    } else {
      table.append = [](void* container) -> void* { return std::addressof(ref<T>(container).emplace_back()); };
    }
    return table;
  }
  static inline constinit const SequenceDescriptor value = make();
};

template <class T>
struct TupleParts {
  template <std::size_t... I>
  static constexpr std::array<const Descriptor*, sizeof...(I)> types(std::index_sequence<I...>) {
    return {&Table<std::tuple_element_t<I, T>>::value...};
  }
  static constexpr std::size_t count = std::tuple_size_v<T>;
  static inline constinit const std::array<const Descriptor*, count> elements =
      types(std::make_index_sequence<count>{});
  template <std::size_t... I>
  static const void* element(const T& tuple, std::size_t index, std::index_sequence<I...>) {
    const void* found = nullptr;
    ((I == index ? void(found = std::addressof(std::get<I>(tuple))) : void()), ...);
    return found;
  }
  static const void* at(const void* tuple, std::size_t index) {
    return element(ref<T>(tuple), index, std::make_index_sequence<count>{});
  }
};
template <class E, std::size_t N>
struct TupleParts<std::array<E, N>> {
  static constexpr std::size_t count = N;
  static inline constinit const std::array<const Descriptor*, 1> elements = {&Table<E>::value};
  static const void* at(const void* tuple, std::size_t index) { return ref<std::array<E, N>>(tuple).data() + index; }
};

template <class T>
struct Table<T, Kind::Tuple> {
  static constexpr TupleDescriptor make() {
    auto table = head<T, TupleDescriptor>(Kind::Tuple);
    table.count = TupleParts<T>::count;
    table.elements = TupleParts<T>::elements;
    table.element = TupleParts<T>::at;
    return table;
  }
  static inline constinit const TupleDescriptor value = make();
};

template <class T>
struct Table<T, Kind::Map> {
  using Key = typename T::key_type;
  static_assert(kind_of<Key>() == Kind::String || kind_of<Key>() == Kind::Enum,
                "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");

  static std::string_view text_of(const Key& key) {
    if constexpr (std::is_enum_v<Key>) {
      for (const Enumerator& candidate : Table<Key>::value.enumerators) {
        if (candidate.value == static_cast<std::int64_t>(key)) return candidate.name;
      }
      return {};
    } else {
      return key;
    }
  }
  static bool key_of(std::string_view text, Key& key) {
    if constexpr (std::is_enum_v<Key>) {
      for (const Enumerator& candidate : Table<Key>::value.enumerators) {
        if (candidate.name == text) return key = static_cast<Key>(candidate.value), true;
      }
      return false;
    } else {
      return key = Key(text), true;
    }
  }
  static constexpr MapDescriptor make() {
    auto table = head<T, MapDescriptor>(Kind::Map);
    table.key = &Table<Key>::value;
    table.value = &Table<typename T::mapped_type>::value;
    table.count = [](const void* map) { return static_cast<std::size_t>(ref<T>(map).size()); };
    table.for_each = [](const void* map, void* state, VisitEntry visit) {
      for (const auto& [key, mapped] : ref<T>(map)) {
        if (!visit(state, text_of(key), std::addressof(mapped))) return false;
      }
      return true;
    };
    table.clear = [](void* map) { ref<T>(map).clear(); };
    table.emplace = [](void* map, std::string_view text, Emplaced& outcome) -> void* {
      Key key{};
      if (!key_of(text, key)) return outcome = Emplaced::UnknownKey, nullptr;
      auto [at, is_new] = ref<T>(map).try_emplace(std::move(key));
      if (!is_new) return outcome = Emplaced::Duplicate, nullptr;
      return outcome = Emplaced::Yes, std::addressof(at->second);
    };
    return table;
  }
  static inline constinit const MapDescriptor value = make();
};

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

template <class A>
constexpr std::string_view tag_of() {
  if constexpr (requires { std::string_view(A::tag); }) {
    return A::tag;
  } else {
    return name_in_signature(signature<A>());
  }
}

template <class T>
struct VariantParts;
template <class... A>
struct VariantParts<std::variant<A...>> {
  using Variant = std::variant<A...>;
  static constexpr std::string_view tag = {};
  static Variant& of(void* variant) { return ref<Variant>(variant); }
  static const Variant& of(const void* variant) { return ref<Variant>(variant); }
  static inline constinit const std::array<Alternative, sizeof...(A)> alternatives = {
      Alternative{{}, &Table<A>::value}...};
  static constexpr int json_kind(Kind kind) {
    switch (kind) {
      case Kind::Null:
        return 0;
      case Kind::Bool:
        return 1;
      case Kind::Signed:
      case Kind::Unsigned:
      case Kind::Floating:
        return 2;
      case Kind::String:
      case Kind::Text:
      case Kind::Enum:
        return 3;
      case Kind::Struct:
      case Kind::Map:
        return 4;
      case Kind::Sequence:
      case Kind::Tuple:
        return 5;
      default:
        return -1;
    }
  }
  template <class X>
  static constexpr int json_kind_of() {
    if constexpr (kind_of<X>() == Kind::Checked) {
      return json_kind_of<typename X::value_type>();
    } else if constexpr (kind_of<X>() == Kind::Converted) {
      return json_kind_of<typename JsonFor<X>::Form>();
    } else {
      return json_kind(kind_of<X>());
    }
  }
  static constexpr bool distinct() {
    bool seen[6] = {};
    for (int kind : {json_kind_of<A>()...}) {
      if (kind < 0 || seen[kind]) return false;
      seen[kind] = true;
    }
    return true;
  }
  static_assert(distinct(),
                "rondeau: the alternatives of a std::variant must differ in their JSON kind; use rondeau::Tagged");
};
template <FixedString Tag, class... A>
struct VariantParts<Tagged<Tag, A...>> {
  using Variant = std::variant<A...>;
  static_assert(((kind_of<A>() == Kind::Struct) && ...), "rondeau: the alternatives of Tagged are structs");
  static constexpr std::string_view tag = Tag;
  static Variant& of(void* variant) { return ref<Tagged<Tag, A...>>(variant).variant(); }
  static const Variant& of(const void* variant) { return ref<Tagged<Tag, A...>>(variant).variant(); }
  static inline constinit const std::array<Alternative, sizeof...(A)> alternatives = {
      Alternative{tag_of<A>(), &Table<A>::value}...};
};

template <class T>
struct Table<T, Kind::Variant> {
  using Parts = VariantParts<T>;
  using Variant = typename Parts::Variant;
  template <std::size_t... I>
  static void* emplace(Variant& variant, std::size_t index, std::index_sequence<I...>) {
    void* made = nullptr;
    ((I == index ? void(made = std::addressof(variant.template emplace<I>())) : void()), ...);
    return made;
  }
  static constexpr VariantDescriptor make() {
    auto table = head<T, VariantDescriptor>(Kind::Variant);
    table.tag = Parts::tag;
    table.alternatives = Parts::alternatives;
    table.index = [](const void* variant) { return Parts::of(variant).index(); };
    table.get = [](const void* variant) -> const void* {
      return std::visit([](const auto& chosen) -> const void* { return std::addressof(chosen); }, Parts::of(variant));
    };
    table.emplace = [](void* variant, std::size_t index) {
      return emplace(Parts::of(variant), index, std::make_index_sequence<std::variant_size_v<Variant>>{});
    };
    return table;
  }
  static inline constinit const VariantDescriptor value = make();
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

#include <rondeau/reflect/struct_table_inl.h>
