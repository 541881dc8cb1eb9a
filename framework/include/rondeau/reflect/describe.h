// From a C++ type to its Descriptor.
//
// Plain structs need nothing. Classes with constructors or private members say RONDEAU_FIELDS (naming.h); any other
// type may specialise rondeau::JsonFor.
#pragma once

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/descriptor.h>
#include <rondeau/reflect/json_for.h>
#include <rondeau/reflect/naming.h>
#include <rondeau/reflect/nullable.h>
#include <rondeau/reflect/tagged.h>

#include <rondeau/reflect/container_tables_inl.h>
#include <rondeau/reflect/struct_table_inl.h>
#include <rondeau/reflect/value_tables_inl.h>

namespace rondeau::reflect {

/// The constant table of T. A type that has none does not compile: one sentence says why.
template <class T>
constexpr const Descriptor& describe() {
  return Table<T>::value;
}

/// Whether T has a table, as far as can be told without looking at its members.
template <class T>
inline constexpr bool is_described = kind_of<T>() != kNoKind;

}  // namespace rondeau::reflect
