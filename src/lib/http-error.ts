/** An HTTP error answer. The message is shown to the user of the browser. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export const notThere = (): HttpError => new HttpError(404, 'There is nothing here.');
