"""NumPy as itself: its arrays, functions and classes, less what leads to modules, pickles and raw memory.

Not here: `lib` but for its strides, `core`, `ctypeslib`, `f2py`, `ma`, memory maps, functions made of C
pointers. Files go through the gate (`numpy_files`); the random stream, how arrays print and what becomes of a
division by zero belong to the session (`numpy_state`).
"""

from __future__ import annotations

from typing import Any

from ..table import Table


def _numpy(modules: Any) -> dict[str, Any]:
    """What is the session's own, or asks at the gate."""
    from ...numpy_docs import load
    from .. import numpy_long
    from ..numpy_files import functions
    from ..numpy_memory import frombuffer
    from ..numpy_state import of

    load()
    own = {"frombuffer": frombuffer, "__getattr__": _no_more}
    return functions(modules) | of(modules).functions() | numpy_long.functions() | own


def _strides(modules: Any) -> dict[str, Any]:
    """Views of an array's own memory, and of no other."""
    from ..numpy_strides import functions

    return functions(modules)


def _no_more(name: str) -> Any:
    """AttributeError, in NumPy's words for a name that it had once: `np.int`, `np.NaN`."""
    import numpy

    if any(name in getattr(numpy, former, ()) for former in FORMER):
        numpy.__getattr__(name)
    raise AttributeError(f"module 'numpy' has no attribute {name!r}", name=name)


#: where NumPy has such names
FORMER = ("__former_attrs__", "__expired_attributes__", "__future_scalars__")


def _random(modules: Any) -> dict[str, Any]:
    """The functions of `numpy.random` are methods of the session's own stream."""
    from ..numpy_state import of

    return of(modules).random_functions()


FIRST = (0,)

TABLES = {
    "numpy": Table(
        # arrays and their kinds
        "ndarray dtype generic number integer signedinteger unsignedinteger inexact floating complexfloating "
        "flexible character bool bool_ byte ubyte short ushort intc uintc int_ uint intp uintp long ulong longlong "
        "ulonglong int8 int16 int32 int64 uint8 uint16 uint32 uint64 half single double longdouble csingle cdouble "
        "clongdouble float16 float32 float64 float128 complex64 complex128 complex256 str_ bytes_ object_ void "
        "datetime64 timedelta64 record recarray matrix ufunc vectorize poly1d finfo iinfo flatiter nditer ndenumerate "
        "ndindex broadcast busdaycalendar True_ False_ ScalarType sctypeDict typecodes little_endian "
        "inf nan pi e euler_gamma newaxis c_ r_ s_ index_exp mgrid ogrid "
        # making
        "arange array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix astype "
        "bartlett blackman copy diag diagflat empty empty_like eye from_dlpack frombuffer fromfunction fromiter "
        "fromstring full full_like geomspace hamming hanning identity indices kaiser linspace logspace meshgrid ones "
        "ones_like require tri tril triu vander zeros zeros_like "
        # shapes
        "append array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_shapes broadcast_to "
        "column_stack concat concatenate delete diagonal dsplit dstack expand_dims flip fliplr flipud hsplit hstack "
        "insert matrix_transpose moveaxis pad permute_dims ravel repeat reshape resize roll rollaxis rot90 row_stack "
        "shape size ndim split squeeze stack swapaxes tile transpose trim_zeros unstack vsplit vstack "
        # element by element
        "abs absolute acos acosh add angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh around asin asinh "
        "atan atan2 atanh bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or "
        "bitwise_right_shift bitwise_xor cbrt ceil clip conj conjugate copysign cos cosh deg2rad degrees divide "
        "divmod equal exp exp2 expm1 fabs fix float_power floor floor_divide fmax fmin fmod frexp gcd greater "
        "greater_equal heaviside hypot i0 imag invert isclose iscomplex isfinite isinf isnan isnat isneginf isposinf "
        "isreal lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and "
        "logical_not logical_or logical_xor maximum minimum mod modf multiply nan_to_num negative nextafter "
        "not_equal positive pow power rad2deg radians real real_if_close reciprocal remainder right_shift rint round "
        "sign signbit sin sinc sinh spacing sqrt square subtract tan tanh true_divide trunc unwrap where "
        # sums, orders, sets
        "all allclose amax amin any argmax argmin argpartition argsort argwhere array_equal array_equiv average "
        "bincount corrcoef correlate count_nonzero cov cumprod cumsum cumulative_prod cumulative_sum diff digitize "
        "ediff1d extract flatnonzero gradient histogram histogram2d histogram_bin_edges histogramdd interp "
        "intersect1d isin lexsort max mean median min nanargmax nanargmin nancumprod nancumsum nanmax nanmean "
        "nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar nonzero partition percentile prod "
        "ptp quantile searchsorted setdiff1d setxor1d sort sort_complex std sum trapezoid union1d unique unique_all "
        "unique_counts unique_inverse unique_values var "
        # products
        "convolve cross dot einsum einsum_path inner kron matmul matvec outer tensordot trace vdot vecdot vecmat "
        # choosing and writing
        "choose compress copyto diag_indices diag_indices_from fill_diagonal ix_ mask_indices piecewise place put "
        "put_along_axis putmask ravel_multi_index select take take_along_axis tril_indices tril_indices_from "
        "triu_indices triu_indices_from unravel_index packbits unpackbits "
        # along axes, polynomials
        "apply_along_axis apply_over_axes poly polyadd polyder polydiv polyfit polyint polymul polysub polyval roots "
        # kinds and texts
        "array2string array_repr array_str base_repr binary_repr busday_count busday_offset can_cast common_type "
        "datetime_as_string datetime_data format_float_positional format_float_scientific is_busday iscomplexobj "
        "isdtype isfortran isrealobj isscalar issubdtype iterable may_share_memory min_scalar_type mintypecode "
        "promote_types result_type shares_memory typename",
        made=_numpy,
        changes=dict.fromkeys(
            ("copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"), FIRST
        ),
        submodules="linalg fft random polynomial testing exceptions dtypes strings char typing lib",
        numeric=True,
    ),
    "numpy.lib": Table("NumpyVersion", submodules="stride_tricks"),
    "numpy.lib.stride_tricks": Table(made=_strides),
    "numpy.linalg": Table(
        "LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm "
        "matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals tensordot "
        "tensorinv tensorsolve trace vecdot vector_norm"
    ),
    "numpy.fft": Table(
        "fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq "
        "rfftn"
    ),
    "numpy.random": Table(
        "BitGenerator Generator MT19937 PCG64 PCG64DXSM Philox RandomState SFC64 SeedSequence default_rng",
        made=_random,
        changes={"shuffle": FIRST},
    ),
    "numpy.polynomial": Table(
        "Chebyshev Hermite HermiteE Laguerre Legendre Polynomial",
        submodules="polynomial chebyshev legendre",
    ),
    "numpy.polynomial.polynomial": Table(
        "Polynomial polyadd polycompanion polyder polydiv polydomain polyfit polyfromroots polygrid2d polygrid3d "
        "polyint polyline polymul polymulx polyone polypow polyroots polysub polytrim polyval polyval2d polyval3d "
        "polyvalfromroots polyvander polyvander2d polyvander3d polyx polyzero"
    ),
    "numpy.polynomial.chebyshev": Table(
        "Chebyshev cheb2poly chebadd chebcompanion chebder chebdiv chebdomain chebfit chebfromroots chebgauss "
        "chebgrid2d chebgrid3d chebint chebinterpolate chebline chebmul chebmulx chebone chebpow chebpts1 chebpts2 "
        "chebroots chebsub chebtrim chebval chebval2d chebval3d chebvander chebvander2d chebvander3d chebweight chebx "
        "chebzero poly2cheb"
    ),
    "numpy.polynomial.legendre": Table(
        "Legendre leg2poly legadd legcompanion legder legdiv legdomain legfit legfromroots leggauss leggrid2d "
        "leggrid3d legint legline legmul legmulx legone legpow legroots legsub legtrim legval legval2d legval3d "
        "legvander legvander2d legvander3d legweight legx legzero poly2leg"
    ),
    "numpy.testing": Table(
        "assert_ assert_allclose assert_almost_equal assert_approx_equal assert_array_almost_equal "
        "assert_array_almost_equal_nulp assert_array_equal assert_array_less assert_array_max_ulp assert_equal "
        "assert_raises assert_raises_regex assert_string_equal"
    ),
    "numpy.exceptions": Table(
        "AxisError ComplexWarning DTypePromotionError ModuleDeprecationWarning RankWarning TooHardError "
        "VisibleDeprecationWarning"
    ),
    "numpy.dtypes": Table(
        "BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType Float16DType "
        "Float32DType Float64DType Int16DType Int32DType Int64DType Int8DType IntDType LongDType LongDoubleDType "
        "LongLongDType ObjectDType ShortDType StrDType StringDType TimeDelta64DType UByteDType UInt16DType UInt32DType "
        "UInt64DType UInt8DType UIntDType ULongDType ULongLongDType UShortDType VoidDType"
    ),
    "numpy.strings": Table(
        "add capitalize center count decode encode endswith equal expandtabs find greater greater_equal index isalnum "
        "isalpha isdecimal isdigit islower isnumeric isspace istitle isupper less less_equal ljust lower lstrip mod "
        "multiply not_equal partition replace rfind rindex rjust rpartition rstrip slice startswith str_len strip "
        "swapcase title translate upper zfill"
    ),
    "numpy.char": Table(
        "add array asarray capitalize center chararray compare_chararrays count decode encode endswith equal "
        "expandtabs find greater greater_equal index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
        "istitle isupper join less less_equal ljust lower lstrip mod multiply not_equal partition replace rfind rindex "
        "rjust rpartition rsplit rstrip split splitlines startswith str_len strip swapcase title translate upper zfill"
    ),
    "numpy.typing": Table("ArrayLike DTypeLike NDArray"),
}
