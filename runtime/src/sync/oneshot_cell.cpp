#include <rondeau/detail/oneshot_cell.h>

#include "sync/oneshot_cell_inl.h"

namespace rondeau::detail {

template class BasicOneshotState<StdAtomics>;

}  // namespace rondeau::detail
