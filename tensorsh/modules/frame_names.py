"""The names that programs have of pandas: of its module, of its objects, and why others are not there.

What is not listed does not exist for a program. `frames` sees to it; `frame_files` has those that read and write.
"""

from __future__ import annotations

#: functions
FUNCTIONS = """
array bdate_range concat crosstab cut date_range factorize from_dummies get_dummies infer_freq interval_range isna
isnull json_normalize lreshape melt merge merge_asof merge_ordered notna notnull period_range pivot pivot_table qcut
timedelta_range to_datetime to_numeric to_timedelta unique value_counts wide_to_long
"""
#: classes and values
CLASSES = """
BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DateOffset DatetimeIndex DatetimeTZDtype
Float32Dtype Float64Dtype Grouper Index IndexSlice Int16Dtype Int32Dtype Int64Dtype Int8Dtype Interval IntervalDtype
IntervalIndex MultiIndex NA NaT NamedAgg Period PeriodDtype PeriodIndex RangeIndex Series SparseDtype StringDtype
Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype
"""

#: of tables and columns: looking
LOOKING = """
T abs all any array at attrs axes between between_time at_time asof bool codes columns count describe dtype dtypes
duplicated empty eq equals filter first first_valid_index ge get get_group groups gt hasnans has_duplicates head iat
identical iloc index indices inferred_type info is_monotonic is_monotonic_decreasing is_monotonic_increasing is_unique
isin isna isnull item items iteritems iterrows itertuples keys kurt kurtosis last last_valid_index le levels loc lt
mad max mean median memory_usage min mode name names nbytes ndim ne ngroup ngroups nlargest nlevels notna notnull
nsmallest nth nunique ohlc ordered prod product quantile rank resolution sample sem shape size skew squeeze std sum
tail take to_flat_index to_frame to_list to_numpy to_series tolist unique value_counts values var where mask
_asdict _fields
"""
#: changing, or making others
MAKING = """
add add_categories add_prefix add_suffix agg aggregate align append apply applymap argmax argmin argsort as_ordered
as_unordered asfreq assign astype autocorr backfill bfill case_when categories clip combine combine_first compare
convert_dtypes copy corr corrwith cov cummax cummin cumprod cumsum cumcount delete diff difference div divide divmod
dot drop drop_duplicates droplevel dropna eval ewm expanding explode factorize ffill fillna floordiv from_arrays
from_breaks from_codes from_dict from_frame from_product from_records from_tuples get_indexer get_indexer_for
get_level_values get_loc groupby idxmax idxmin infer_objects insert interpolate intersection isetitem join map melt
merge mod mul multiply pad pct_change pipe pivot pivot_table pop pow putmask query radd ravel rdiv reindex
reindex_like remove_categories remove_unused_categories remove_unused_levels rename rename_axis rename_categories
reorder_categories reorder_levels repeat replace resample reset_index rfloordiv rmod rmul rolling round rpow rsub
rtruediv searchsorted select_dtypes set_axis set_categories set_codes set_index set_levels set_names shift sort
sort_index sort_values sortlevel stack sub subtract swapaxes swaplevel symmetric_difference transform transpose truediv
truncate union unstack update xs
"""
#: `.str`
TEXTS = """
str capitalize casefold cat center contains decode encode endswith extract extractall find findall fullmatch
get_dummies isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace istitle isupper len ljust lower lstrip
match normalize partition removeprefix removesuffix rfind rindex rjust rpartition rsplit rstrip slice slice_replace
split startswith strip swapcase title translate upper wrap zfill
"""
#: `.dt`, times, spans of time
TIMES = """
dt as_unit ceil ctime date day day_name day_of_week day_of_year dayofweek dayofyear days days_in_month daysinmonth
components end_time floor freq freqstr fromisocalendar fromisoformat fromordinal fromtimestamp hour hours is_leap_year
is_month_end is_month_start is_quarter_end is_quarter_start is_year_end is_year_start isocalendar isoformat
isoweekday microsecond microseconds milliseconds minute minutes month month_name nanosecond nanoseconds now quarter
second seconds start_time strftime strptime time timestamp timetuple to_period to_pydatetime to_pytimedelta
to_datetime64 to_julian_date to_timedelta64 to_timestamp today toordinal total_seconds tz tz_convert tz_localize tzinfo
unit utcnow value week weekday weekofyear year closed left right mid length overlaps contains is_on_offset rollback
rollforward n
"""
#: functions of NumPy's that `apply` finds by their names, and what writers of files give
MORE = """
sqrt exp log log2 log10 log1p expm1 square sign
to_csv to_dict to_html to_json to_markdown to_string get_chunk close read
plot hist boxplot
"""
NAMES = frozenset((LOOKING + MAKING + TEXTS + TIMES + MORE).split())
#: of `.plot`
PLOTS = frozenset(
    ("area", "bar", "barh", "box", "density", "hexbin", "hist", "kde", "line", "pie", "scatter")
)

#: its other modules
MODULES = {
    "pandas.api.types": "CategoricalDtype infer_dtype is_any_real_numeric_dtype is_array_like is_bool is_bool_dtype "
    "is_categorical_dtype is_complex_dtype is_datetime64_any_dtype is_datetime64_dtype is_dict_like is_dtype_equal "
    "is_extension_array_dtype is_float is_float_dtype is_hashable is_integer is_integer_dtype is_list_like is_number "
    "is_numeric_dtype is_object_dtype is_scalar is_string_dtype is_timedelta64_dtype union_categoricals",
    "pandas.testing": "assert_frame_equal assert_index_equal assert_series_equal",
    "pandas.tseries.offsets": "BDay BMonthEnd BMonthBegin BQuarterEnd BusinessDay BYearEnd DateOffset Day Hour Minute "
    "MonthBegin MonthEnd QuarterBegin QuarterEnd Second Week YearBegin YearEnd",
}

FILES = "read and write tables as CSV or JSON: read_csv, to_csv, read_json, to_json"
NETWORK = "programs reach no network and no databases: put a CSV file beside the program and read that"
PICKLES = "keep a table with to_csv and read it with read_csv; torch.save keeps its tensors"
CODE = "texts are no programs here: compute with columns (df['a'] + df['b']), choose rows with a mask (df[df['a'] > 1])"
INNER = "programs have what pandas documents: pd.DataFrame, pd.read_csv, pd.concat, …"
#: what is not there, and what to do instead
REASONS = {
    FILES: "read_excel read_feather read_orc read_parquet read_sas read_spss read_stata read_xml read_hdf to_excel "
    "to_feather to_hdf to_latex to_orc to_parquet to_records to_stata to_xarray to_xml ExcelFile ExcelWriter "
    "HDFStore style",
    NETWORK: "read_clipboard read_gbq read_html read_iceberg read_sql read_sql_query read_sql_table to_clipboard "
    "to_gbq to_iceberg to_sql",
    PICKLES: "read_pickle to_pickle",
    CODE: "eval",
    INNER: "arrays compat core io util plotting show_versions test",
}
ABSENT = {name: reason for reason, names in REASONS.items() for name in names.split()}
