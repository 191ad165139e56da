/** Where the control API is; by itself, since the API is loaded when it is first asked. */
export const controlPrefix = '/_stuntdouble'
