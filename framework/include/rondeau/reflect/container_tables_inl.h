// The tables of what holds elements: sequences and sets, tuples, maps, variants.
#pragma once

#include <rondeau/reflect/table_inl.h>

namespace rondeau::reflect {

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

}  // namespace rondeau::reflect
